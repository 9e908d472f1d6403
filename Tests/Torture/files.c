// Stands between a program and the C library (LD_PRELOAD), to count, record and spoil its calls that
// change files below a folder. Compiled by the scripts here, on the machine; no part of the product.
//
//   TORTURE_ROOT     the folder
//   TORTURE_JOURNAL  a file outside of it, to which every such call is written before it is done
//   TORTURE_AT       the number of the call, from 1, that is spoiled
//   TORTURE_ACTION   kill     SIGKILL in place of the call
//                    half     SIGKILL after half of what the call writes
//                    N        the error N (errno) in place of this call and all later ones that are
//                             refused then; a call that writes is done by half the first time
//   TORTURE_SIGNAL   another signal in place of SIGKILL, in whose handler the program may go on
//
// A record of the journal is a line, after W with as many bytes as it says:
//   C path inode     created, or opened to be emptied   W inode offset count
//   T inode size     cut or extended                    S inode            synchronised
//   F path           a folder, synchronised             R from to          renamed
//   E one other      exchanged                          U path             removed
//   D path           a folder, made                     A inode size       reserved
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char root[PATH_MAX];
static int journal = -1;
static long at = -1, calls;
static int failure, kills_by = SIGKILL, kills, halves;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void start(void) {
  const char *text = getenv("TORTURE_ROOT");
  if (text == NULL) return;
  snprintf(root, sizeof root, "%s", text);
  if ((text = getenv("TORTURE_JOURNAL")) != NULL)
    journal = (int)syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if ((text = getenv("TORTURE_AT")) != NULL) at = atol(text);
  if ((text = getenv("TORTURE_SIGNAL")) != NULL) kills_by = atoi(text);
  if ((text = getenv("TORTURE_ACTION")) == NULL) return;
  halves = strcmp(text, "half") == 0;
  kills = halves || strcmp(text, "kill") == 0;
  failure = kills ? 0 : atoi(text);
}

static int is_below(const char *path) {
  size_t length = strlen(root);
  return length > 0 && strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == 0);
}

// The path from the root of the file system, without looking at links in its last part.
static const char *absolute(const char *path, char *buffer) {
  char folder[PATH_MAX];
  if (path[0] == '/' || getcwd(folder, sizeof folder) == NULL) {
    snprintf(buffer, PATH_MAX, "%s", path);
  } else {
    while (strncmp(path, "./", 2) == 0) path += 2;
    if (strcmp(path, ".") == 0) path = "";
    if (snprintf(buffer, PATH_MAX, "%s%s%s", folder, *path ? "/" : "", path) >= PATH_MAX) return path;
  }
  return buffer;
}

static const char *path_of(int fd, char *buffer) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, buffer, PATH_MAX - 1);
  buffer[length < 0 ? 0 : length] = 0;
  return buffer;
}

static unsigned long inode_of(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

static void put(const void *bytes, size_t count) {
  const char *next = bytes;
  while (count > 0) {
    ssize_t written = syscall(SYS_write, journal, next, count);
    if (written <= 0) _exit(99);
    next += written;
    count -= (size_t)written;
  }
}

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...) {
  if (journal < 0) return;
  char line[3 * PATH_MAX];
  va_list arguments;
  va_start(arguments, format);
  int count = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  put(line, (size_t)count);
}

enum { changes_folder, writes, synchronises };

// Counts a call. Returns whether it is refused; `half` then says whether to do half of it before.
static int is_refused(int kind, int *half) {
  long number = ++calls;
  if (half != NULL) *half = 0;
  if (at < 0 || number < at) return 0;
  if (kills && number == at) {
    if (halves && half != NULL && kind == writes) {
      *half = 1;
      return 1;
    }
    kill(getpid(), kills_by);
    return 0;
  }
  if (failure == 0 || kills) return 0;
  // On a full disk files can still be renamed and removed.
  if (kind == changes_folder && (failure == ENOSPC || failure == EDQUOT)) return 0;
  if (half != NULL && kind == writes) *half = number == at;
  errno = failure;
  return 1;
}

static void end_half(void) {
  if (kills) kill(getpid(), kills_by);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int open_file(int folder, const char *path, int flags, mode_t mode) {
  char buffer[PATH_MAX];
  int changes = (flags & (O_CREAT | O_TRUNC)) != 0 && (flags & O_TMPFILE) != O_TMPFILE;
  if (!changes || folder != AT_FDCWD || !is_below(absolute(path, buffer)))
    return (int)syscall(SYS_openat, folder, path, flags, mode);
  pthread_mutex_lock(&lock);
  struct stat status;
  int is_there = stat(path, &status) == 0, fd = -1;
  // What only opens a file that is there changes nothing.
  int counts = !is_there || (flags & O_TRUNC) != 0;
  if (!counts || !is_refused(writes, NULL)) fd = (int)syscall(SYS_openat, folder, path, flags, mode);
  int code = errno;
  if (counts && fd >= 0) note("%c %s %lu\n", 'C', buffer, inode_of(fd));
  pthread_mutex_unlock(&lock);
  errno = code;
  return fd;
}

#define MODE                                             \
  mode_t mode = 0;                                       \
  if (flags & (O_CREAT | O_TMPFILE)) {                   \
    va_list arguments;                                   \
    va_start(arguments, flags);                          \
    mode = va_arg(arguments, mode_t);                    \
    va_end(arguments);                                   \
  }

int open(const char *path, int flags, ...) {
  MODE return open_file(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE return open_file(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
  MODE return open_file(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
  MODE return open_file(folder, path, flags, mode);
}
int creat(const char *path, mode_t mode) {
  return open_file(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

// Writes at `offset`, or where the file is read and written next if that is negative.
static ssize_t write_file(int fd, const void *bytes, size_t count, off_t offset) {
  char buffer[PATH_MAX];
  int counts = is_below(path_of(fd, buffer)), half = 0;
  if (counts) {
    pthread_mutex_lock(&lock);
    off_t place = offset >= 0 ? offset : lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
    if (is_refused(writes, &half)) {
      count /= 2;
      if (!half) {
        pthread_mutex_unlock(&lock);
        errno = failure;
        return -1;
      }
    }
    note("W %lu %ld %zu\n", inode_of(fd), (long)place, count);
    if (journal >= 0) put(bytes, count), put("\n", 1);
    pthread_mutex_unlock(&lock);
  }
  ssize_t written = offset >= 0 ? syscall(SYS_pwrite64, fd, bytes, count, offset)
                                : syscall(SYS_write, fd, bytes, count);
  if (half) end_half();
  return written;
}

ssize_t write(int fd, const void *bytes, size_t count) { return write_file(fd, bytes, count, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  return write_file(fd, bytes, count, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  return write_file(fd, bytes, count, offset);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  // One part at a time, as the system may too.
  return count > 0 ? write_file(fd, parts[0].iov_base, parts[0].iov_len, -1) : 0;
}
// Whoever copies by these goes on by reading and writing where they are not there.
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t count, unsigned flags) {
  (void)in, (void)from, (void)out, (void)to, (void)count, (void)flags;
  errno = ENOSYS;
  return -1;
}
ssize_t sendfile64(int out, int in, off64_t *from, size_t count) {
  char bytes[1 << 16];
  if (from != NULL) return errno = ENOSYS, -1;
  ssize_t found = read(in, bytes, count < sizeof bytes ? count : sizeof bytes);
  return found <= 0 ? found : write_file(out, bytes, (size_t)found, -1);
}
ssize_t sendfile(int out, int in, off_t *from, size_t count) { return sendfile64(out, in, from, count); }

// A call on an open file, which `format` records.
#define ON_FILE(fd, kind, call, ...)                     \
  char buffer[PATH_MAX];                                 \
  if (!is_below(path_of(fd, buffer))) return call;       \
  pthread_mutex_lock(&lock);                             \
  int result = is_refused(kind, NULL) ? -1 : 0;          \
  if (result == 0) note(__VA_ARGS__);                    \
  pthread_mutex_unlock(&lock);                           \
  if (result != 0) return errno = failure, -1;           \
  return call;

int ftruncate(int fd, off_t size) {
  ON_FILE(fd, writes, (int)syscall(SYS_ftruncate, fd, size), "T %lu %ld\n", inode_of(fd), (long)size)
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

static int synchronise(int fd, long call) {
  char path[PATH_MAX];
  struct stat status;
  int is_folder = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  path_of(fd, path);
  if (!is_folder) snprintf(path, sizeof path, "%lu", inode_of(fd));
  ON_FILE(fd, synchronises, (int)syscall(call, fd), "%c %s\n", is_folder ? 'F' : 'S', path)
}
int fsync(int fd) { return synchronise(fd, SYS_fsync); }
int fdatasync(int fd) { return synchronise(fd, SYS_fdatasync); }

int posix_fallocate(int fd, off_t offset, off_t count) {
  char buffer[PATH_MAX];
  if (is_below(path_of(fd, buffer))) {
    pthread_mutex_lock(&lock);
    int refused = is_refused(writes, NULL);
    if (!refused) note("A %lu %ld\n", inode_of(fd), (long)(offset + count));
    pthread_mutex_unlock(&lock);
    if (refused) return failure;
  }
  return NEXT(posix_fallocate)(fd, offset, count);
}
int posix_fallocate64(int fd, off64_t offset, off64_t count) { return posix_fallocate(fd, offset, count); }

// A call on a path, which `format` records.
#define ON_PATH(path, call, ...)                                            \
  char buffer[PATH_MAX], other[PATH_MAX];                                   \
  (void)other;                                                              \
  if (!is_below(absolute(path, buffer))) return call;                       \
  pthread_mutex_lock(&lock);                                                \
  int refused = is_refused(changes_folder, NULL);                           \
  int result = refused ? -1 : call, code = refused ? failure : errno;       \
  if (result == 0) note(__VA_ARGS__);                                       \
  pthread_mutex_unlock(&lock);                                              \
  errno = code;                                                             \
  return result;

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  ON_PATH(
      from, (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags), "%c %s %s\n",
      flags & 2 ? 'E' : 'R', buffer, absolute(to, other))
}
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }
int unlink(const char *path) { ON_PATH(path, (int)syscall(SYS_unlink, path), "U %s\n", buffer) }
int rmdir(const char *path) { ON_PATH(path, (int)syscall(SYS_rmdir, path), "U %s\n", buffer) }
int unlinkat(int folder, const char *path, int flags) {
  char place[PATH_MAX], whole[PATH_MAX];
  if (folder == AT_FDCWD || path[0] == '/') return flags & AT_REMOVEDIR ? rmdir(path) : unlink(path);
  path_of(folder, place);
  if (snprintf(whole, sizeof whole, "%s/%s", place, path) >= PATH_MAX) return errno = ENAMETOOLONG, -1;
  return flags & AT_REMOVEDIR ? rmdir(whole) : unlink(whole);
}
int remove(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) ? rmdir(path) : unlink(path);
}
int mkdir(const char *path, mode_t mode) {
  ON_PATH(path, (int)syscall(SYS_mkdir, path, mode), "D %s\n", buffer)
}
