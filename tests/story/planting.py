"""Draws the 47 initiatives of the story, and the official list of 15 that was written about them."""

from __future__ import annotations

import random

from organization import SHARED_STATION, UNITS, Organization, Person, Server, let_some_move
from plot import DEAD, LIVING, UNOBSERVABLE, Declared, Initiative, Planted
from products import (
    ANTHROPIC_API,
    APIS,
    CHAIN,
    CHATGPT,
    CLAUDE,
    CLAUDE_CODE,
    CLOUDS,
    CODING_AGENTS,
    COPILOT,
    DECLARABLE,
    DEEPL,
    EMBEDDED,
    ENDPOINT_ONLY,
    FINANCE_HOST,
    GEMINI,
    GITHUB_COPILOT,
    LANGDOCK,
    LOCAL,
    M365_COPILOT,
    MCP_SERVER,
    MISTRAL,
    OLLAMA,
    OPENAI_API,
    PAGES,
    SHARED_HOST,
    STOPPED,
    VECTORS,
    Product,
    azure,
)

GATEWAY_HOST = "ki-assistent.konzern.example"
GATEWAY_NAME = "Konzern-KI Wissensassistent"
SALES, SERVICE, MARKETING, FINANCE, HUMANS, LEGAL, RESEARCH, IT, LOGISTICS, PRODUCTION, BUYING, FIELD = (
    unit.name for unit in UNITS
)
WITH_ACCOUNTS = (SALES, SERVICE, MARKETING, FINANCE, HUMANS, LEGAL, RESEARCH, IT)


class Planting:
    """Draws people and products without using one twice where that would blur what an initiative is."""

    def __init__(self, whole: Organization, rng: random.Random) -> None:
        self.whole, self.rng = whole, rng
        self.planted = Planted()
        self.taken: set[int] = set()
        self.drawn = rng.sample(DECLARABLE, len(DECLARABLE))
        self.pages = rng.sample(PAGES, len(PAGES))

    def crew(self, unit: str, low: int, high: int, *, others_too: bool = False) -> list[Person]:
        """People of a unit who have no other initiative; or such as may have one, too."""
        if others_too:
            return sorted(self.rng.sample(self.whole.by_unit[unit], self.rng.randint(low, high)))
        free = [one for one in self.whole.by_unit[unit] if one.number not in self.taken]
        wanted = min(self.rng.randint(low, high), max(low, len(free) // 3))
        chosen = self.rng.sample(free, wanted)
        self.taken.update(one.number for one in chosen)
        return sorted(chosen)

    def server(self, name: str, unit: str) -> Server:
        own = next(one for one in UNITS if one.name == unit)
        made = Server(name, own, self.whole.own_host(own, len(self.whole.servers)))
        self.whole.servers.append(made)
        return made

    def plant(self, nature: str, product: Product | None, unit: str, people: list[Person], **more: object) -> int:
        """Add an initiative of one unit; returns its number."""
        number = len(self.planted.initiatives)
        products = (product,) if product else ()
        self.planted.initiatives.append(Initiative(number, nature, products, people, (unit,), **more))  # type: ignore[arg-type]
        return number

    def declare(self, paper: str, units: tuple[str, ...], status: str, **more: object) -> None:
        """Add a line to the list; half of them name their product in the column for it."""
        line = Declared(
            f"KI-{len(self.planted.declared) + 1:02}",
            paper.format(unit=units[0]),
            units,
            status,
            str(more.get("product", "")) if self.rng.random() < 0.5 else "",
            str(more.get("host", "")),
            str(more.get("on_platform", "no")),
            str(more.get("truth", LIVING)),
            str(more.get("finding", "matched")),
            more.get("initiative"),  # type: ignore[arg-type]
        )
        self.planted.declared.append(line)

    def paper(self, product: Product) -> str:
        return self.rng.choice(product.papers)


def plant_all(whole: Organization, rng: random.Random) -> Planted:
    """Everything that is to be found, and the list."""
    planting = Planting(whole, rng)
    _declared_living(planting)
    _declared_without_a_trace(planting)
    _undeclared_people(planting)
    _undeclared_programs(planting)
    _on_endpoints(planting)
    rng.shuffle(planting.planted.declared)
    renamed = [line._replace(id=f"KI-{nth:02}") for nth, line in enumerate(planting.planted.declared, 1)]
    planting.planted.declared = renamed
    let_some_move(whole, {one.number for each in planting.planted.initiatives for one in each.people}, rng)
    return planting.planted


def _declared_living(p: Planting) -> None:
    for product, unit, status in (
        (CHATGPT, SALES, "pilot"),
        (DEEPL, SERVICE, "production"),
        (MISTRAL, HUMANS, "pilot"),
        (CLAUDE, LEGAL, "poc"),
        (GITHUB_COPILOT, RESEARCH, "production"),
    ):
        number = p.plant("team", product, unit, p.crew(unit, 7, 16))
        p.declare(p.paper(product), (unit,), status, product=product.name, initiative=number)
    for unit, stated in ((MARKETING, FINANCE), (HUMANS, LEGAL)):
        product = p.drawn.pop()
        number = p.plant("team", product, unit, p.crew(unit, 7, 12))
        p.declare(
            p.paper(product),
            (stated,),
            "pilot",
            product=product.name,
            initiative=number,
            finding="out_of_scope",
        )
    stopped = p.rng.choice(STOPPED)
    number = p.plant("team", stopped, PRODUCTION, p.crew(PRODUCTION, 7, 12))
    p.declare(p.paper(stopped), (PRODUCTION,), "stopped", product=stopped.name, initiative=number, finding="conflict")
    product = azure(FINANCE_HOST, "gpt-4o-forecast")
    server = p.server("srv-fin-07", FINANCE)
    number = p.plant("production", product, FINANCE, [], server=server, instance=FINANCE_HOST)
    p.declare(
        p.paper(product),
        (FINANCE,),
        "production",
        product="Azure OpenAI",
        host=FINANCE_HOST,
        on_platform="yes",
        initiative=number,
    )
    p.declare(
        p.paper(M365_COPILOT),
        (SALES, SERVICE, MARKETING, FINANCE, HUMANS),
        "production",
        product=M365_COPILOT.name,
        initiative=_several_units(p, "embedded", M365_COPILOT, (SALES, SERVICE, MARKETING, FINANCE, HUMANS), 8, 20),
    )
    inside = Product(GATEWAY_NAME, (("GET", f"{GATEWAY_HOST}/"), ("POST", f"{GATEWAY_HOST}/api/ask")))
    units = (IT, RESEARCH, SALES)
    p.declare(
        GATEWAY_NAME,
        units,
        "production",
        host=GATEWAY_HOST,
        on_platform="yes",
        initiative=_several_units(p, "team", inside, units, 7, 12, name=GATEWAY_NAME, instance=GATEWAY_HOST),
    )


def _several_units(
    p: Planting, nature: str, product: Product, units: tuple[str, ...], low: int, high: int, **more: str
) -> int:
    people = [one for unit in units for one in p.crew(unit, low, high, others_too=True)]
    number = p.plant(nature, product, units[0], people, **more)
    p.planted.initiatives[number].units = units
    return number


def _declared_without_a_trace(p: Planting) -> None:
    for unit, status in ((SALES, "production"), (FINANCE, "pilot"), (MARKETING, "production")):
        product = p.drawn.pop()
        p.planted.absent.add(product.name)
        p.declare(p.paper(product), (unit,), status, product=product.name, truth=DEAD, finding="unseen")
    if p.rng.random() < 0.5:
        name, papers = ENDPOINT_ONLY
        paper, unit = p.rng.choice(papers), BUYING
    else:
        product = p.drawn.pop()
        name, paper, unit = product.name, p.paper(product), FIELD
    p.planted.absent.add(name)
    p.declare(paper, (unit,), "pilot", product=name, truth=UNOBSERVABLE, finding="not_observable")


def _undeclared_people(p: Planting) -> None:
    p.plant("team", CHATGPT, FINANCE, p.crew(FINANCE, 7, 14))
    p.plant("individual", CHATGPT, MARKETING, p.crew(MARKETING, 1, 1))
    p.plant("individual", CLAUDE, SERVICE, p.crew(SERVICE, 1, 1))
    p.plant("team", LANGDOCK, BUYING, p.crew(BUYING, 7, 9))
    p.plant("team", GEMINI, LOGISTICS, p.crew(LOGISTICS, 10, 14), at="nat")
    p.plant("team", COPILOT, PRODUCTION, p.crew(PRODUCTION, 8, 9), at=SHARED_STATION)
    teams = [p.pages.pop() for _ in range(4)]
    for product in teams:
        unit = p.rng.choice(WITH_ACCOUNTS)
        p.plant("team", product, unit, p.crew(unit, 7, 15))
    for product in (*teams[:2], *p.pages[:6]):  # two of them are a team's elsewhere
        unit = p.rng.choice([unit for unit in WITH_ACCOUNTS if product.name not in p.planted.uses(unit)])
        p.plant("individual", product, unit, p.crew(unit, 1, 1))
    for product, unit in zip(EMBEDDED, (MARKETING, SERVICE), strict=True):
        p.plant("embedded", product, unit, p.crew(unit, 7, 10))


def _undeclared_programs(p: Planting) -> None:
    units = (RESEARCH, IT, SALES, MARKETING)
    p.plant("poc", OPENAI_API, RESEARCH, p.crew(RESEARCH, 2, 2))
    for nth, product in enumerate(p.rng.sample(APIS, 4)):
        p.plant("poc", product, units[nth], p.crew(units[nth], 1, 2))
    for unit, deployment, name in (
        (SERVICE, "gpt-4o-kundenpost", "srv-kd-03"),
        (MARKETING, "gpt-4o-mini-kampagne", "srv-mk-02"),
    ):
        server = p.server(name, unit)
        p.plant("production", azure(SHARED_HOST, deployment), unit, [], server=server, instance=SHARED_HOST)
    for unit, product, name in zip((IT, SALES), p.rng.sample(CLOUDS, 2), ("srv-it-21", "srv-vt-05"), strict=True):
        p.plant("production", product, unit, [], server=p.server(name, unit), every_minutes=p.rng.choice((6, 12, 15)))
    server = p.server("srv-agent-01", SERVICE)
    number = p.plant("agentic", None, SERVICE, [], server=server, instance=VECTORS, every_minutes=7)
    p.planted.initiatives[number].products = CHAIN


def _on_endpoints(p: Planting) -> None:
    agent = p.rng.choice(CODING_AGENTS)
    p.plant("agentic", ANTHROPIC_API, RESEARCH, p.crew(RESEARCH, 5, 6), programs=(CLAUDE_CODE,))
    p.plant("agentic", None, IT, p.crew(IT, 5, 5), programs=(MCP_SERVER,))
    p.plant("agentic", None, IT, p.crew(IT, 5, 5), programs=(agent,))
    p.plant("local", None, RESEARCH, p.crew(RESEARCH, 6, 6), programs=(OLLAMA,))
    for unit, program in zip((IT, RESEARCH), p.rng.sample(LOCAL, 2), strict=True):
        p.plant("local", None, unit, p.crew(unit, 1, 1), programs=(program,))
