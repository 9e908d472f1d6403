"""Runs steps in one shell in one folder, so that variables, folders and files last from one to the next."""

import os
import pathlib
import signal
import subprocess
import time


class Shell:
    """A bash that keeps what each step prints, and ends at the first command that fails unexpectedly."""

    def __init__(self, folder, records, environment):
        self.records = pathlib.Path(records)
        ready, told = os.pipe()
        self.answers = os.fdopen(ready)
        self.process = subprocess.Popen(
            ["bash"], cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=[told],
            start_new_session=True, text=True)
        os.close(told)
        # An interrupt of a step is for its commands; with a trap the shell goes on.
        self.send(f"exec 9>&{told} {told}>&-; trap : INT; set -e")

    def send(self, text):
        try:
            self.process.stdin.write(text + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the shell has ended, which the missing answer tells

    def run(self, number, commands, may_fail=False, interrupt=None):
        """Run commands; return what they printed and their exit code, that of the shell if it has ended.

        `interrupt` is a number of seconds or a text in the output, after which the commands are interrupted once.
        """
        script, output = self.records / f"{number}.sh", self.records / f"{number}.out"
        script.write_text(commands + "\n")
        # Without input, as the shell's own is these lines.
        source = f"source '{script}' >'{output}' 2>&1 </dev/null 9>&-"
        self.send(f"set +e; {source}; __code=$?; set -e; echo $__code >&9" if may_fail else f"{source}; echo 0 >&9")
        if interrupt is not None:
            self.interrupt(output, interrupt)
        answer = self.answers.readline().strip()
        return output.read_text(errors="replace") if output.exists() else "", int(answer) if answer else self.process.wait()

    @property
    def has_ended(self):
        return self.process.poll() is not None

    def interrupt(self, output, when):
        """Send an interrupt to whatever runs, as Ctrl-C in a terminal does."""
        started = time.monotonic()
        while not self.is_time(output, when, started) and self.process.poll() is None:
            time.sleep(0.05)
        os.killpg(self.process.pid, signal.SIGINT)

    def is_time(self, output, when, started):
        if isinstance(when, str):
            return output.exists() and when in output.read_text(errors="replace")
        return time.monotonic() - started >= when

    def close(self):
        self.process.stdin.close()
        self.process.wait()
