"""What the synthetic dialogues are about: cities, people, results and so on.

Half of the names are made up anew each time, so that a model can only get them right by copying.
"""

from __future__ import annotations

from random import Random

CITIES = (
    "Oakland", "Paris", "Tokyo", "Berlin", "Lagos", "Lima", "Oslo", "Cairo", "Delhi", "Sydney", "Boston", "Quito",
    "São Paulo", "Zürich", "Kraków", "Malmö", "New York", "San Francisco", "Hong Kong", "東京", "Αθήνα", "Київ",
)  # fmt: skip
PEOPLE = ("Ann", "Bob", "Carol", "Dave", "Eve", "Mallory", "Zoë", "Jürgen", "Łukasz", "Noor", "Ivy", "Ken")
WEATHER = (
    "sunny", "rainy", "cloudy", "windy", "foggy", "cold", "hot", "snowing", "dry", "stormy", "mild", "freezing",
)  # fmt: skip
OUTCOMES = ("sent", "delivered", "queued", "done", "ok", "on its way", "read at noon")
THINGS = (
    "dinner", "lunch", "the train", "the meeting", "the report", "a parcel", "the build", "the cat", "my flight", "tea",
    "the release", "the test", "a letter", "the book", "the door", "the music", "your car", "the river", "a bird",
)  # fmt: skip
STATES = (
    "is ready", "is late", "is at nine", "starts now", "is open", "has arrived", "was lost", "is green", "is broken",
    "is very old", "is over", "can wait", "is here", "went well", "is blue", "is on the roof", "needs water",
)  # fmt: skip
INSTRUCTIONS = (
    "", "You are helpful.", "Be brief.", "You are a helpful assistant.", "Help with the weather.", "Answer in English.",
    "Use the tools.", "You help people.", "You are an assistant with tools. Be kind and brief.",
)  # fmt: skip

_STARTS = "b br c ch d dr f fr g gr h j k kl l m n p pr qu r s sh st t th tr v w y z ø š é ü".split()  # noqa: SIM905 - letters in a row read better
_MIDDLES = "a e i o u ai ea ie oo ou á ö å ı".split()  # noqa: RUF001, SIM905
_ENDS = ("", "", "n", "r", "s", "t", "l", "m", "nd", "rk", "x", "th", "ß", "ć")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def made_up(chance: Random) -> str:
    """Return a name that nobody has."""
    if chance.random() < 0.2:
        name = "".join(chance.choices(_LETTERS, k=chance.randint(3, 9)))
    else:
        syllables = chance.choices((1, 2, 3), weights=(2, 5, 2))[0]
        name = "".join(chance.choice(_STARTS) + chance.choice(_MIDDLES) for _ in range(syllables)) + chance.choice(
            _ENDS
        )
    return name.capitalize()


def city(chance: Random) -> str:
    """Return a city's name, one in seven of two words."""
    if chance.random() < 0.4:
        return chance.choice(CITIES)
    return made_up(chance) if chance.random() < 0.85 else f"{made_up(chance)} {made_up(chance)}"


def person(chance: Random) -> str:
    """Return somebody's first name."""
    return chance.choice(PEOPLE) if chance.random() < 0.4 else made_up(chance)


def number(chance: Random) -> int:
    """Return a number from 0 to 9999, small ones more often."""
    return chance.randrange(10 ** chance.choice((1, 2, 2, 2, 3, 4)))


def weather(chance: Random) -> str:
    """Return what a weather tool says."""
    kind = chance.random()
    if kind < 0.4:
        return chance.choice(WEATHER)
    if kind < 0.6:
        return f"{chance.choice(WEATHER)} and {chance.choice(WEATHER)}"
    if kind < 0.8:
        return f"{chance.choice(WEATHER)}, {chance.randrange(-20, 40)} °C"
    return made_up(chance).lower()


def phrase(chance: Random) -> str:
    """Return a short sentence without its full stop."""
    words = f"{chance.choice(THINGS)} {chance.choice(STATES)}"
    return f"{words}, {made_up(chance)}" if chance.random() < 0.4 else words
