"""Imports a game's code, whole and anew each time, together with the modules of its own that it imports."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from supergame.game.functions import BadGame
from supergame.game.game import Game

_folders: set[Path] = set()
"""Folders that games were loaded from in this process."""


def load_game(file: Path) -> Game:
    """Import a game's file and give the `Game` it makes.

    The file's folder is importable for it, as when Python runs a script. Modules of that folder are imported
    anew; when anything fails, the modules that were loaded before are left as they were. Raises BadGame for a
    file that is missing or makes no game, and whatever the game's code raises.
    """
    file = file.resolve()
    if not file.is_file():
        raise BadGame(f"There is no game file {file}.")
    if not file.stem.isidentifier():
        raise BadGame(f"{file.name} cannot be imported: its name has to be a Python identifier.")
    folder = file.parent
    with _fresh(folder):
        module = importlib.import_module(file.stem)
    games = [value for value in vars(module).values() if isinstance(value, Game)]
    unique = list({id(game): game for game in games}.values())
    if len(unique) != 1:
        raise BadGame(f'{file} has to make one Game, such as `game = Game("mygame")`; it makes {len(unique)}.')
    return unique[0]


def load_module(folder: Path, name: str) -> ModuleType:
    """Import another module of a game's folder, such as its bots; the folder's game has been loaded before."""
    folder = folder.resolve()
    if folder not in _folders:
        raise BadGame(f"No game has been loaded from {folder}.")
    return importlib.import_module(name)


@contextmanager
def _fresh(folder: Path) -> Iterator[None]:
    """Import modules of `folder` as if for the first time; put the old ones back if that fails."""
    old = {name: module for name, module in sys.modules.items() if _is_games(module, folder)}
    for name in old:
        del sys.modules[name]
    path, writes = list(sys.path), sys.dont_write_bytecode
    sys.path[:] = [str(folder), *(entry for entry in path if entry != str(folder))]
    sys.dont_write_bytecode = True  # compiled files are told apart by the second, and people type faster
    importlib.invalidate_caches()
    try:
        yield
    except BaseException:
        for name in [name for name, module in sys.modules.items() if _is_games(module, folder)]:
            del sys.modules[name]
        sys.modules.update(old)
        sys.path[:] = path
        raise
    finally:
        sys.dont_write_bytecode = writes
    _folders.add(folder)


def _is_games(module: ModuleType, folder: Path) -> bool:
    """Whether a module is the game's own, or shadows it because another game's folder was loaded before."""
    file = getattr(module, "__file__", None)
    if not file:
        return False
    place = Path(file)
    return any(place.is_relative_to(root) for root in (folder, *_folders)) and "site-packages" not in place.parts


def modules_of(folder: Path) -> dict[str, ModuleType]:
    """The loaded modules that lie in a game's folder, by name."""
    folder = folder.resolve()
    found = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(folder) and "site-packages" not in Path(file).parts:
            found[name] = module
    return found


def renew_instances(old: dict[str, ModuleType], new: dict[str, ModuleType]) -> int:
    """Give living objects of the old modules' classes the class of the same name in the new ones.

    So the parts that a running match is made of get new methods too. An object whose layout Python cannot
    carry over keeps its class, which goes on working. Gives the number of objects renewed.
    """
    successors: dict[type, type] = {}
    for name, module in old.items():
        for value in vars(module).values():
            successor = getattr(new.get(name), value.__name__, None) if isinstance(value, type) else None
            if isinstance(value, type) and value.__module__ == name and isinstance(successor, type):
                successors[value] = successor
    renewed = 0
    for item in gc.get_objects():
        successor = successors.get(type(item))
        if successor is not None and successor is not type(item):
            try:
                item.__class__ = successor
                renewed += 1
            except TypeError:
                pass
    return renewed
