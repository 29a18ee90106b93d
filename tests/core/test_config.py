"""Settings: where they come from, which one wins, and what a wrong one is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pytest

from supergame.core.config import BadSetting, Config, Section, setting, table, tables
from supergame.core.errors import BadInput


@dataclass(frozen=True)
class CabinetSettings:
    """One of the cabinets."""

    game: str = setting("", "What is played on it.")
    credits_max: int = setting(9, "Credits that it takes.", minimum=1)


@dataclass(frozen=True)
class ArcadeSettings(Section):
    """An arcade."""

    section: ClassVar[str] = "arcade"

    coins_max: int = setting(3, "Coins that fit.", minimum=1)
    noise_seconds: float = setting(0.5, "How long it beeps.", minimum=0)
    open: bool = setting(True, "Whether it is open.")
    colour: str = setting("red", "Its colour.", choices=("red", "blue"))
    games: tuple[str, ...] = setting((), "Games there are.")
    owner: str | None = setting(None, "Whose it is.")
    cabinets: Mapping[str, CabinetSettings] = tables(CabinetSettings)


@dataclass(frozen=True)
class RoofSettings(Section):
    """The roof above it."""

    section: ClassVar[str] = "roof"

    coins_max: int = setting(0, "Coins that landed there.")


SECTIONS = (ArcadeSettings, RoofSettings)


@pytest.fixture
def load(tmp_path):
    def load(toml=None, environment=None, options=None):
        file = None
        if toml is not None:
            file = tmp_path / "supergame.toml"
            file.write_text(toml, encoding="utf-8")
        return Config.load(SECTIONS, file=file, environment=environment, options=options)

    return load


def arcade(config):
    return config.section(ArcadeSettings)


def test_without_anything_every_setting_has_its_default(load):
    assert arcade(load()) == ArcadeSettings()
    assert load().section(RoofSettings) == RoofSettings()


def test_the_later_source_wins(load):
    """Defaults, then the file, then variables, then the command line."""
    toml, environment, options = "[arcade]\ncoins_max = 4", {"SUPERGAME_ARCADE_COINS_MAX": "5"}, {"arcade.coins_max": 6}
    assert arcade(load(toml)).coins_max == 4
    assert arcade(load(toml, environment)).coins_max == 5
    assert arcade(load(toml, environment, options)).coins_max == 6
    assert load(toml, environment, options).section(RoofSettings).coins_max == 0


def test_a_file_holds_every_kind(load):
    config = load(
        """
        [arcade]
        coins_max = 9
        noise_seconds = 2
        open = false
        colour = "blue"
        games = ["rush", "chess"]
        owner = "ada"
        """
    )
    assert arcade(config) == ArcadeSettings(9, 2.0, False, "blue", ("rush", "chess"), "ada")


def test_variables_hold_every_kind_as_text(load):
    config = load(
        environment={
            "SUPERGAME_ARCADE_COINS_MAX": "9",
            "SUPERGAME_ARCADE_NOISE_SECONDS": "0.25",
            "SUPERGAME_ARCADE_OPEN": "Off",
            "SUPERGAME_ARCADE_COLOUR": "blue",
            "SUPERGAME_ARCADE_GAMES": "rush, chess,",
            "SUPERGAME_ARCADE_OWNER": "ada",
            "HOME": "/somewhere else",
        }
    )
    assert arcade(config) == ArcadeSettings(9, 0.25, False, "blue", ("rush", "chess"), "ada")


@pytest.mark.parametrize("text", ["1", "true", "YES", "on"])
def test_yes_has_many_words(load, text):
    assert arcade(load(environment={"SUPERGAME_ARCADE_OPEN": text})).open is True


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("[arcade]\ncoin_max = 1", "there is no setting called arcade.coin_max. Did you mean arcade.coins_max?"),
        ("[cinema]\nfilms = 1", "there is no setting called cinema.films."),
        ("coins_max = 1", "coins_max stands outside a [section]."),
        ("[arcade]\ncoins_max = 'many'", "arcade.coins_max has to be of type int, not 'many'."),
        ("[arcade]\ncoins_max = true", "arcade.coins_max has to be of type int, not True."),
        ("[arcade]\ncoins_max = 1.5", "arcade.coins_max has to be of type int, not 1.5."),
        ("[arcade]\nopen = 'perhaps'", "arcade.open has to be of type bool, not 'perhaps'."),
        ("[arcade]\ngames = [1]", "arcade.games has to be of type tuple, not [1]."),
        ("[arcade]\ncoins_max = 0", "arcade.coins_max has to be at least 1, not 0."),
        ("[arcade]\nnoise_seconds = nan", "arcade.noise_seconds has to be at least 0, not nan."),
        ("[arcade]\ncolour = 'green'", "arcade.colour is one of red, blue, not 'green'."),
        ("[arcade.cabinets.one]\ncredits_max = 0", "arcade.cabinets.one.credits_max has to be at least 1, not 0."),
        (
            "[arcade.cabinets.one]\ngane = 'rush'",
            "there is no setting called arcade.cabinets.one.gane. Did you mean arcade.cabinets.<name>.game?",
        ),
        (
            "[arcade.cabinets.The-One]\ngame = 'rush'",
            "arcade.cabinets.The-One.game: the name of a table has only lower-case letters and digits.",
        ),
        (
            "[arcade.cabinets]\ngame = 'rush'",
            "arcade.cabinets holds tables such as [arcade.cabinets.example], with settings in them.",
        ),
        ("[arcade.cabinets.one]", "arcade.cabinets holds tables such as"),
        ("[arcade]\ncabinets = 3", "arcade.cabinets holds tables such as"),
        ("[arcade", "is not valid TOML"),
    ],
)
def test_a_wrong_file_is_told_which_setting_and_why(load, toml, told):
    with pytest.raises(BadSetting) as refused:
        load(toml)
    assert told in refused.value.message
    assert "supergame.toml: " in refused.value.message


def test_a_file_that_is_not_text_or_not_there_is_named(load, tmp_path):
    with pytest.raises(BadSetting, match=r"nowhere\.toml: cannot be read \(No such file or directory\)\."):
        Config.load(SECTIONS, file=tmp_path / "nowhere.toml")
    (tmp_path / "picture.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadSetting, match=r"picture\.toml: is not valid TOML"):
        Config.load(SECTIONS, file=tmp_path / "picture.toml")


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        (
            "SUPERGAME_ARCADE_COINS_MAXX",
            "1",
            "environment: there is no setting for SUPERGAME_ARCADE_COINS_MAXX."
            " Did you mean SUPERGAME_ARCADE_COINS_MAX?",
        ),
        ("SUPERGAME_XYZ", "1", "environment: there is no setting for SUPERGAME_XYZ."),
        (
            "SUPERGAME_ARCADE_CABINETS_THE_ONE_GAME",
            "rush",
            "environment: there is no setting for SUPERGAME_ARCADE_CABINETS_THE_ONE_GAME."
            " Did you mean SUPERGAME_ARCADE_CABINETS_<NAME>_GAME?",
        ),
        (
            "SUPERGAME_ARCADE_COINS_MAX",
            "",
            "environment variable SUPERGAME_ARCADE_COINS_MAX: arcade.coins_max has to be of type int, not ''.",
        ),
    ],
)
def test_a_wrong_variable_is_named(load, variable, value, told):
    with pytest.raises(BadSetting) as refused:
        load(environment={variable: value})
    assert refused.value.message == told


def test_a_wrong_option_is_named(load):
    with pytest.raises(BadSetting, match=r"^command line: there is no setting called arcade\.games_max\."):
        load(options={"arcade.games_max": 1})
    with pytest.raises(BadSetting, match=r"^command line: arcade\.colour is one of red, blue"):
        load(options={"arcade.colour": "green"})


def test_tables_have_names_that_the_operator_chooses(load):
    toml = "[arcade.cabinets.one]\ngame = 'rush'\ncredits_max = 3\n[arcade.cabinets.two]\ngame = 'chess'"
    cabinets = arcade(load(toml)).cabinets
    assert cabinets == {"one": CabinetSettings("rush", 3), "two": CabinetSettings("chess", 9)}


def test_the_later_source_wins_in_tables_too(load):
    """What must not stand in a file comes from a variable, beside what the file says of the same table."""
    config = load(
        "[arcade.cabinets.one]\ngame = 'rush'\ncredits_max = 3",
        {"SUPERGAME_ARCADE_CABINETS_ONE_CREDITS_MAX": "5", "SUPERGAME_ARCADE_CABINETS_2_GAME": "go"},
        {"arcade.cabinets.one.game": "chess"},
    )
    assert arcade(config).cabinets == {"one": CabinetSettings("chess", 5), "2": CabinetSettings("go")}


def test_a_table_cannot_be_called_any_name(load):
    with pytest.raises(BadSetting, match="the name of a table has only lower-case letters and digits"):
        load(options={"arcade.cabinets.<name>.game": "rush"})


def test_a_bad_setting_is_bad_input():
    assert issubclass(BadSetting, BadInput)


def test_one_section_may_be_replaced(load):
    config = load()
    other = config.replace(ArcadeSettings(coins_max=8))
    assert (arcade(other).coins_max, arcade(config).coins_max) == (8, 3)
    assert other.section(RoofSettings) is config.section(RoofSettings)


def test_the_table_holds_what_help_and_docs_need():
    rows = table(SECTIONS)
    assert list(rows)[:2] == ["arcade.coins_max", "arcade.noise_seconds"]
    row = rows["arcade.coins_max"]
    assert (row.kind, row.default, row.help, row.minimum) == (int, 3, "Coins that fit.", 1)
    assert row.variable == "SUPERGAME_ARCADE_COINS_MAX"
    assert rows["arcade.games"].default == ()
    assert rows["arcade.colour"].choices == ("red", "blue")
    row = rows["arcade.cabinets.<name>.credits_max"]
    assert (row.default, row.variable) == (9, "SUPERGAME_ARCADE_CABINETS_<NAME>_CREDITS_MAX")
