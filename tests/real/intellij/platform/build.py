"""Builds a real IntelliJ platform from Debian's source package, in stages; a stage that is done is not done again.

Nothing is installed and nothing is quoted: the sources come from the archive at one version, are changed by the rules
next to this file, and are compiled with the JDK and with compilers from Debian packages.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.real.intellij.platform import modules, rules

HERE = Path(__file__).parent
SOURCE, VERSION, REVISION = "intellij-community-idea", "183.5153.4", "3"
TARBALL_SHA256 = "9e87c814020ce95e166810008febbceb5b98c4b446dcb398b56dd052b5e288c9"
MODULE = "intellij.platform.ide.impl"
DEBIAN_PATCHES = ("fix-platform-util-compilation", "remove-apple-awt-api", "java17-compatibility")
# A compiler or a download that hangs ends in an error that names it.
PATIENCE = 1800.0
_KOTLIN = ("kotlin-compiler", "kotlin-stdlib", "kotlin-reflect", "kotlin-script-runtime", "intellij-core")
_ECJ = ("ecj", "eclipse-jdt-core")
# Sources that lie above the folder their package names.
_SHALLOW = {
    "platform/configuration-store-impl/src": "com/intellij/configurationStore",
    "platform/credential-store/src": "com/intellij/credentialStore",
}


class Failed(Exception):
    """A stage did not succeed. The text names it, its log and the next step."""


@dataclass(frozen=True, slots=True)
class Build:
    """Where it is built, which JDK (17 or newer) compiles, and who is told how it goes."""

    work: Path
    jdk: Path
    say: Callable[[str], None]

    @property
    def tree(self) -> Path:
        return self.work / f"{SOURCE}-{VERSION}"

    @property
    def jars(self) -> Path:
        return self.work / "root/usr/share/java"

    def run(self) -> Path:
        """The folder of the built IDE: `lib`, `bin`, `build.txt`. Raises Failed."""
        self.work.mkdir(parents=True, exist_ok=True)
        for name, stage in (
            ("packages", self.packages),
            ("sources", self.sources),
            ("kotlin", self.kotlin),
            ("ecj", self.ecj),
            ("javac", self.javac),
            ("assembly", self.assembly),
        ):
            done = self.work / f"{name}.done"
            if not done.is_file():
                self.say(name)
                stage()
                done.write_text("")
        return self.work / "idea"

    # --- what it is built from ---------------------------------------------------------------------------------------

    def packages(self) -> None:
        """Debian packages, unpacked beside each other."""
        folder = _emptied(self.work / "debs")
        self._command("packages", ["apt-get", "download", *_listed("packages.txt")], folder)
        for package in sorted(folder.glob("*.deb")):
            self._command("packages", ["dpkg-deb", "-x", str(package), str(self.work / "root")])
        shutil.rmtree(folder)

    def sources(self) -> None:
        """The source package at its one version, with three of Debian's own patches and the changes of `rules`."""
        shutil.rmtree(self.tree, ignore_errors=True)
        self._fetch_sources()
        for patch in DEBIAN_PATCHES:
            path = self.work / f"debian/patches/{patch}.patch"
            self._command("sources", ["patch", "-p1", "-s", "-i", str(path)], self.tree)
        try:
            rules.apply(self.tree, self._roots())
        except rules.Unfit as unfit:
            raise Failed(f"{unfit}\n  next: see {rules.EDITS}") from None

    def _fetch_sources(self) -> None:
        apt = _emptied(self.work / "apt")
        for name in ("lists/partial", "cache/archives/partial", "sources.d"):
            (apt / name).mkdir(parents=True)
        (apt / "sources.d/koru.sources").write_text(_source_archives())
        (apt / "apt.conf").write_text(
            f'Dir::Etc::sourcelist "/dev/null"; Dir::Etc::sourceparts "{apt}/sources.d";\n'
            f'Dir::State::lists "{apt}/lists"; Dir::Cache "{apt}/cache"; APT::Sandbox::User "root";\n'
        )
        environment = {"APT_CONFIG": str(apt / "apt.conf")}
        self._command("sources", ["apt-get", "-qq", "update"], environment=environment)
        wanted = f"{SOURCE}={VERSION}-{REVISION}"
        self._command("sources", ["apt-get", "-qq", "source", "--download-only", wanted], environment=environment)
        tarball = self.work / f"{SOURCE}_{VERSION}.orig.tar.xz"
        if hashlib.sha256(tarball.read_bytes()).hexdigest() != TARBALL_SHA256:
            raise Failed(f"{tarball} is not the archive that was expected\n  next: look who serves it")
        for path in (tarball, self.work / f"{SOURCE}_{VERSION}-{REVISION}.debian.tar.xz"):
            self._command("sources", ["tar", "xf", str(path)])

    # --- compiling ---------------------------------------------------------------------------------------------------

    def kotlin(self) -> None:
        """All Kotlin, which sees the Java as sources."""
        links = self._package_links()
        roots = [links if root == self._shallow()[0] else root for root in self._roots()]
        roots = [root for root in roots if root not in self._shallow()]
        arguments = ["-no-stdlib", "-no-reflect", "-nowarn", "-jvm-target", "1.8", "-jdk-home", str(self.jdk)]
        arguments += ["-cp", self._classpath(), "-d", str(_emptied(self.work / "out/kotlin"))]
        arguments += [str(path) for root in roots for path in _files(root, ".kt")] + [str(root) for root in roots]
        compiler = ":".join([str(self.jars / f"{name}.jar") for name in _KOTLIN] + [self._classpath()])
        main = "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"
        self._java("kotlin", ["-Xmx4g", "-cp", compiler, main], arguments)

    def ecj(self) -> None:
        """All Java, by a compiler that goes on after an error: a method that cannot be compiled throws when called."""
        out = _emptied(self.work / "out/ecj")
        arguments = ["-1.8", "-proceedOnError", "-nowarn", "-encoding", "UTF-8", "-g", "-d", str(out)]
        arguments += ["-cp", self._classpath("kotlin"), *map(str, self._java_sources())]
        compiler = ":".join(str(self.jars / f"{name}.jar") for name in _ECJ)
        main = "org.eclipse.jdt.internal.compiler.batch.Main"
        self._java("ecj", ["-Xmx5g", "-cp", compiler, main], arguments, accepted=(0, 255))

    def javac(self) -> None:
        """What needs no absent library once more, for ecj sees some generic types otherwise than the platform does."""
        left = {self.tree / name for name in _listed("ecj_only.txt")}
        out = _emptied(self.work / "out/javac")
        arguments = ["-g", "-nowarn", "-proc:none", "-encoding", "UTF-8", "-source", "8", "-target", "8"]
        arguments += ["-d", str(out), "-cp", self._classpath("kotlin", "ecj")]
        arguments += [str(path) for path in self._java_sources() if path not in left]
        listed = self._argument_file("javac", arguments)
        self._command("javac", [str(self.jdk / "bin/javac"), "-J-Xmx4g", f"@{listed}"])

    def assembly(self) -> None:
        """One jar of classes and resources, the libraries beside it."""
        classes, idea = _emptied(self.work / "out/classes"), _emptied(self.work / "idea")
        for name in ("kotlin", "ecj", "javac"):
            shutil.copytree(self.work / f"out/{name}", classes, dirs_exist_ok=True)
        skipped = shutil.ignore_patterns("*.java", "*.kt", "*.form", "*.groovy", "package.html")
        for root in self._roots():
            shutil.copytree(root, classes, ignore=skipped, dirs_exist_ok=True)
        (classes / "META-INF/relaxng-plugin.xml").unlink()
        for path in (classes / "componentSets").glob("*.xml"):
            path.write_text(rules.trim_components(path.read_text(encoding="utf-8")), encoding="utf-8")
        for name in ("lib", "plugins"):
            (idea / name).mkdir()
        shutil.copytree(self.tree / "bin", idea / "bin")
        shutil.copy(self.tree / "build.txt", idea)
        jar = [str(self.jdk / "bin/jar"), "cf", str(idea / "lib/platform.jar"), "-C", str(classes), "."]
        self._command("assembly", jar)
        for library in self._libraries():
            shutil.copy(library, idea / "lib")

    # --- parts -------------------------------------------------------------------------------------------------------

    def _roots(self) -> list[Path]:
        return [*modules.closure(self.tree, MODULE), self.tree / "platform/platform-main/src"]

    def _shallow(self) -> list[Path]:
        return [self.tree / name for name in _SHALLOW]

    def _package_links(self) -> Path:
        links = _emptied(self.work / "out/links")
        for name, package in _SHALLOW.items():
            link = links / package
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(self.tree / name)
        return links

    def _java_sources(self) -> list[Path]:
        left = self.tree / "xml/relaxng"
        return sorted(path for root in self._roots() if not root.is_relative_to(left) for path in _files(root, ".java"))

    def _libraries(self) -> list[Path]:
        """Debian links a jar to its version; the link's name is the one that stays."""
        return [self.jars / name for name in _listed("libraries.txt")]

    def _classpath(self, *compiled: str) -> str:
        return ":".join([*map(str, self._libraries()), *(str(self.work / f"out/{name}") for name in compiled)])

    def _argument_file(self, name: str, arguments: Iterable[str]) -> Path:
        path = self.work / f"{name}.args"
        path.write_text("\n".join(arguments), encoding="utf-8")
        return path

    def _java(self, name: str, options: list[str], arguments: list[str], accepted: tuple[int, ...] = (0,)) -> None:
        listed = self._argument_file(name, arguments)
        self._command(name, [str(self.jdk / "bin/java"), *options, f"@{listed}"], accepted=accepted)

    def _command(
        self,
        stage: str,
        command: list[str],
        folder: Path | None = None,
        environment: dict[str, str] | None = None,
        accepted: tuple[int, ...] = (0,),
    ) -> None:
        log = self.work / f"{stage}.log"
        with log.open("ab") as out:
            try:
                child = subprocess.run(
                    command,
                    cwd=folder or self.work,
                    env={**os.environ, **(environment or {})},
                    stdout=out,
                    stderr=out,
                    stdin=subprocess.DEVNULL,
                    timeout=PATIENCE,
                    check=False,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise Failed(f"{stage}: {error}\n  next: see {log}") from None
        if child.returncode not in accepted:
            raise Failed(f"{stage} ended with status {child.returncode}\n  next: see {log}")


def fingerprint() -> str:
    """Changes with everything that decides what is built."""
    digest = hashlib.sha256(f"{VERSION}-{REVISION}".encode())
    for path in sorted(HERE.iterdir()):
        if path.suffix in (".py", ".txt", ".json"):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _listed(name: str) -> list[str]:
    text = (HERE / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _files(root: Path, suffix: str) -> list[Path]:
    """Also behind a link: a folder may stand in for a package."""
    found = []
    for folder, _, names in os.walk(root, followlinks=True):
        found += [Path(folder, name) for name in names if name.endswith(suffix)]
    return sorted(found)


def _source_archives() -> str:
    """The archives this machine uses already, asked for sources."""
    stanzas = []
    for path in sorted(Path("/etc/apt/sources.list.d").glob("*.sources")):
        lines = path.read_text(encoding="utf-8").splitlines()
        stanzas.append("\n".join("Types: deb-src" if line.startswith("Types:") else line for line in lines))
    listed = Path("/etc/apt/sources.list")
    if listed.is_file():
        stanzas += map(_stanza, listed.read_text(encoding="utf-8").splitlines())
    return "\n\n".join(stanza for stanza in stanzas if stanza) + "\n"


def _stanza(line: str) -> str:
    """A line `deb [options] URI SUITE COMPONENT…` in the other form; blank for anything else."""
    parts = [part for part in line.split("#")[0].replace("[", " [").split() if part]
    if len(parts) < 4 or parts[0] != "deb":
        return ""
    rest = parts[1:]
    signed = ""
    while rest and (rest[0].startswith("[") or rest[0].endswith("]")):
        option = rest.pop(0).strip("[]")
        signed = f"\nSigned-By: {option.removeprefix('signed-by=')}" if option.startswith("signed-by=") else signed
    return f"Types: deb-src\nURIs: {rest[0]}\nSuites: {rest[1]}\nComponents: {' '.join(rest[2:])}{signed}"
