"""What every check reads: the repository's files, as text and as syntax trees."""

import ast
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    """One place that breaks a rule; prints the way editors and terminals can follow."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Source:
    """One tracked text file, under its path from the root of the repository."""

    path: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The file's lines, the first at index 0."""
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of a Python file; a file that does not parse raises SyntaxError."""
        return ast.parse(self.text, self.path)

    @cached_property
    def module(self) -> str:
        """The dotted name under which the file is imported."""
        name = self.path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
        return name.replace("/", ".")

    @property
    def is_python(self) -> bool:
        """Whether this is Python code."""
        return self.path.endswith(".py")

    def under(self, *places: str) -> bool:
        """Whether the file is one of these paths, or lies below one that ends in a slash."""
        return any(
            self.path.startswith(place) if place.endswith("/") else self.path == place
            for place in places
        )

    def found(self, node: ast.AST, message: str) -> Finding:
        """A finding at a node's first line."""
        return Finding(self.path, getattr(node, "lineno", 1), message)


Check = Callable[[list[Source]], Iterator[Finding]]
"""A check reads all sources and yields what breaks its rule."""


def read_repository(root: Path) -> list[Source]:
    """Every text file that git tracks or would track; ignored and binary files are left out."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=root, check=True, capture_output=True)
    sources = []
    for name in sorted(set(listing.stdout.decode().split("\0"))):
        path = root / name
        if name and path.is_file():
            content = path.read_bytes()
            if b"\0" not in content[:8192]:
                sources.append(Source(name, content.decode(errors="replace")))
    return sources


def dotted(node: ast.AST) -> str:
    """The dotted name that an expression spells, calls left out: `a().b.c` is `a.b.c`."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted(value)}.{attr}".lstrip(".")
        case ast.Call(func=func) | ast.Subscript(value=func) | ast.Await(value=func):
            return dotted(func)
        case _:
            return ""


def imports(source: Source) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    """Every import of a file with each dotted name it reaches: `from a import b` is `a.b`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node, f"{node.module}.{alias.name}"
