"""The journal that files.c writes, and the file system that a power cut may leave of it."""

import os
from dataclasses import dataclass, field


@dataclass
class Call:
    """One call that changed a file."""

    kind: str
    path: str = ""
    other: str = ""
    inode: int = 0
    offset: int = 0
    data: bytes = b""
    size: int = 0


def read_journal(path):
    """Returns the calls of a journal, in order."""
    with open(path, "rb") as file:
        content = file.read()
    calls, place = [], 0
    while place < len(content):
        end = content.index(b"\n", place)
        kind, *words = content[place:end].decode().split(" ")
        place = end + 1
        match kind:
            case "W":
                inode, offset, count = map(int, words)
                calls.append(Call(kind, inode=inode, offset=offset, data=content[place:place + count]))
                place += count + 1
            case "C":
                calls.append(Call(kind, path=words[0], inode=int(words[1])))
            case "T" | "A":
                calls.append(Call(kind, inode=int(words[0]), size=int(words[1])))
            case "S":
                calls.append(Call(kind, inode=int(words[0])))
            case "R" | "E":
                calls.append(Call(kind, path=words[0], other=words[1]))
            case _:
                calls.append(Call(kind, path=words[0]))
    return calls


@dataclass
class File:
    """What a file is after all calls, and what of it is on the disk for sure."""

    durable: bytes = b""
    pending: list = field(default_factory=list)

    def after(self, calls):
        """Returns the bytes after some of the calls."""
        data = bytearray(self.durable)
        for call in calls:
            if call.kind == "W":
                data.extend(bytes(max(0, call.offset - len(data))))
                data[call.offset:call.offset + len(call.data)] = call.data
            elif call.kind == "T":
                del data[call.size:]
                data.extend(bytes(call.size - len(data)))
            elif call.kind == "A":
                data.extend(bytes(max(0, call.size - len(data))))
        return bytes(data)


class Disk:
    """A file system that keeps what was synchronised, and of the rest whatever it likes.

    A file keeps the bytes of its last synchronisation; of what was written since, nothing, all, a part, or its
    length with zeros. A folder keeps its names of its last synchronisation; of what was done to it since, the first
    so many changes, and in the worst case any of them.
    """

    def __init__(self, root):
        self.root, self.inodes = root, {}
        # Names: what is durable, and changes since, in order; each a function of a table of names.
        self.durable, self.pending, self.now = {}, [], {}

    def apply(self, call):
        """Does a call."""
        match call.kind:
            case "C" if call.path in self.now and self.inodes.get(call.inode) is self.now[call.path]:
                self.now[call.path].pending.append(Call("T", size=0))
            case "C":
                self.inodes[call.inode] = file = File()
                self.change(lambda names, file=file: names.__setitem__(call.path, file), {call.path})
            case "W" | "T" | "A":
                self.inodes[call.inode].pending.append(call)
            case "S":
                file = self.inodes[call.inode]
                file.durable, file.pending = file.after(file.pending), []
            case "D":
                self.change(lambda names: names.__setitem__(call.path, None), {call.path})
            case "U":
                self.change(lambda names: names.pop(call.path, None), {call.path})
            case "R":
                self.change(lambda names: rename(names, call.path, call.other), {call.path, call.other})
            case "E":
                self.change(lambda names: exchange(names, call.path, call.other), {call.path, call.other})
            case "F":
                self.synchronise(call.path)

    def change(self, function, paths):
        function(self.now)
        self.pending.append((function, {os.path.dirname(path) for path in paths}))

    def synchronise(self, folder):
        """Makes the changes of a folder durable, and those they depend on."""
        kept = []
        for function, folders in self.pending:
            if folder in folders:
                function(self.durable)
            else:
                kept.append((function, folders))
        self.pending = kept

    def names(self, chosen):
        """Returns the names after those of the pending changes that are chosen."""
        names = dict(self.durable)
        for (function, _), is_kept in zip(self.pending, chosen):
            if is_kept:
                function(names)
        return names

    def states(self, choices):
        """Yields what a power cut may leave now: tables of paths and bytes, None for a folder."""
        count = len(self.pending)
        tables = [[False] * count, [True] * count]
        tables += [[number < cut for number in range(count)] for cut in range(1, count)]
        tables += [[choices.random() < 0.5 for _ in range(count)] for _ in range(min(2, count - 1))]
        for chosen in tables:
            for content in CONTENTS:
                names = self.names(chosen)
                yield {path: None if file is None else content(file, choices) for path, file in names.items()
                       if all(above in names for above in self.above(path))}

    def above(self, path):
        """Yields the folders that a path is in, below the root."""
        while (path := os.path.dirname(path)) != self.root:
            yield path


def rename(names, path, other):
    """Gives a file or a folder, and all in it, another name."""
    if path not in names:
        return
    for name in [name for name in names if name == other or name.startswith(other + "/")]:
        del names[name]
    for name in [name for name in names if name == path or name.startswith(path + "/")]:
        names[other + name[len(path):]] = names.pop(name)


def exchange(names, path, other):
    rename(names, path, path + "\0")
    rename(names, other, path)
    rename(names, path + "\0", other)


def torn(file, choices):
    """The first of the calls, and of the next a part."""
    if not file.pending:
        return file.durable
    count = choices.randrange(len(file.pending))
    data = file.after(file.pending[:count])
    last = file.pending[count]
    if last.kind == "W":
        part = Call("W", offset=last.offset, data=last.data[:choices.randrange(len(last.data) + 1)])
        return file.after(file.pending[:count] + [part])
    return data


def zeros(file, choices):
    """The length of all, and zeros in place of what was not synchronised."""
    whole = file.after(file.pending)
    data = bytearray(len(whole))
    data[:min(len(file.durable), len(whole))] = file.durable[:len(whole)]
    return bytes(data)


CONTENTS = [lambda file, _: file.durable, lambda file, _: file.after(file.pending), torn, zeros]
