"""Imports a game's code, whole and anew each time, together with the modules of its own that it imports."""

from __future__ import annotations

import gc
import importlib
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from importlib.machinery import FileFinder, ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

from supergame.game.functions import BadGame
from supergame.game.game import Game


class _FromSource(SourceFileLoader):
    """Loads a module of a game's own. It leaves compiled files alone: they are told apart by the second, and people
    type faster."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


class _Finder:
    """Finds the modules in the folders that games were loaded from, the latest first."""

    def __init__(self) -> None:
        self.folders: list[Path] = []

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module in such a folder, or below a package that lies in one; the import system calls it."""
        if path is None:
            path = [str(folder) for folder in self.folders]
        elif not _is_games(sys.modules.get(name.rpartition(".")[0])):
            return None  # part of a package that is somebody else's, though it may lie in such a folder
        for place in path:
            spec = FileFinder(place, (_FromSource, [".py"])).find_spec(name)
            if spec is not None and spec.loader is not None:
                return spec
        return None

    def holds(self, place: Path) -> bool:
        """Whether a path lies in one of the folders, and not among the packages that are installed there."""
        return "site-packages" not in place.parts and any(place.is_relative_to(folder) for folder in self.folders)

    def add(self, folder: Path) -> None:
        """Look in this folder first from now on."""
        if self not in sys.meta_path:
            sys.meta_path.insert(sys.meta_path.index(PathFinder), self)
        if folder in self.folders:
            self.folders.remove(folder)
        self.folders.insert(0, folder)
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))  # for what is not source, such as compiled modules


_finder = _Finder()


@dataclass
class Code:
    """A game's code as it was imported, and the modules of the one before."""

    game: Game
    modules: dict[str, ModuleType]
    before: dict[str, ModuleType] = field(default_factory=dict)


def load_game(file: Path) -> Game:
    """Import a game's file and give the `Game` it makes.

    The file's folder is importable for it, as when Python runs a script. Modules that a game imported from its own
    folder before are imported anew; when anything fails, they are left as they were. Raises BadGame for a file
    that is missing or makes no game, and whatever the game's code raises.
    """
    with importing(file) as code:
        return code.game


@contextmanager
def importing(file: Path) -> Iterator[Code]:
    """Import a game's code for as long as the block goes well: when it raises, the modules from before are back."""
    file = file.resolve()
    _check(file)
    before = {name: module for name, module in sys.modules.items() if _is_games(module)}
    for name in before:
        del sys.modules[name]
    hidden = sys.modules.get(file.stem)
    _finder.add(file.parent)
    importlib.invalidate_caches()
    try:
        game = _game_of(_run(file), file)
        yield Code(game, {name: module for name, module in sys.modules.items() if _is_games(module)}, before)
    except BaseException:
        for name in [name for name, module in sys.modules.items() if _is_games(module)]:
            del sys.modules[name]
        sys.modules.update(before)
        if hidden is not None:
            sys.modules[file.stem] = hidden
        raise


def _check(file: Path) -> None:
    if not file.is_file():
        raise BadGame(f"There is no game file {file}.")
    if not file.stem.isidentifier() or file.suffix != ".py":
        raise BadGame(f"{file.name} cannot be imported: name it like game.py, with a Python identifier.")
    if file.stem in sys.stdlib_module_names or file.stem == "supergame":
        raise BadGame(f"{file.name} has the name of a module that is not yours; call it something else.")


def _run(file: Path) -> ModuleType:
    spec = spec_from_file_location(file.stem, file, loader=_FromSource(file.stem, str(file)))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


def _game_of(module: ModuleType, file: Path) -> Game:
    games = {id(value): value for value in vars(module).values() if isinstance(value, Game)}
    if len(games) != 1:
        raise BadGame(f'{file} has to make one Game, such as `game = Game("mygame")`; it makes {len(games)}.')
    return next(iter(games.values()))


def where(error: BaseException, file: Path) -> str:
    """What an import raised, and the last line of the game's own that led there."""
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return f"{what.partition(' (')[0]} ({error.filename}, line {error.lineno})"
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(file.resolve().parent)
    ]
    return f"{what} ({own[-1].filename}, line {own[-1].lineno})" if own else what


def load_module(folder: Path, name: str) -> ModuleType:
    """Import another module of a game's folder, such as its bots; the folder's game has been loaded before."""
    folder = folder.resolve()
    if folder not in _finder.folders:
        raise BadGame(f"No game has been loaded from {folder}.")
    return importlib.import_module(name)


def _is_games(module: ModuleType | None) -> bool:
    """Whether a module was loaded as part of a game: by our loader, or as a folder that only holds such modules."""
    if isinstance(getattr(module, "__loader__", None), _FromSource):
        return True
    places = getattr(module, "__path__", ())
    return getattr(module, "__file__", None) is None and any(_finder.holds(Path(place)) for place in places)


def files_of_games() -> list[Path]:
    """The files that the loaded games' modules came from."""
    modules = list(sys.modules.values())
    return [Path(module.__file__) for module in modules if _is_games(module) and module.__file__ is not None]


def renew_instances(code: Code) -> int:
    """Give living objects of the old modules' classes the class of the same name in the new ones.

    So the parts that a running match is made of get new methods too. An object whose layout Python cannot carry
    over keeps its class, which goes on working, and so do the members of enums, which are told apart by identity.
    Gives the number of objects renewed.
    """
    successors: dict[type, type] = {}
    for name, module in code.before.items():
        for value in vars(module).values():
            successor = getattr(code.modules.get(name), value.__name__, None) if isinstance(value, type) else None
            if (
                isinstance(value, type)
                and value.__module__ == name
                and isinstance(successor, type)
                and not issubclass(value, Enum)
            ):
                successors[value] = successor
    renewed = 0
    gc.unfreeze()  # what a node made before it was ready is hidden otherwise
    for item in gc.get_objects():
        successor = successors.get(type(item))
        if successor is not None and successor is not type(item):
            try:
                item.__class__ = successor
                renewed += 1
            except TypeError:
                pass
    return renewed
