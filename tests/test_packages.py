"""The packages say what is public; the APIs leave no statement untied and no rule without a source."""

from __future__ import annotations

import importlib
import importlib.resources
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

from haltspec import apis
from haltspec.lts import Grade, Source
from haltspec.spec import Api

PACKAGES = ("haltspec", "haltspec_properties", "haltspec_diagrams")


@pytest.fixture(params=apis.NAMES)
def api(request: pytest.FixtureRequest) -> Api:
    """Each API in turn."""
    return apis.load(request.param)


def public(module: ModuleType) -> set[str]:
    """The names a module offers: neither underscored, nor a submodule, nor a future feature."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and name != "annotations"
    }


class TestPackages:
    """Three packages with types, each with its public names in `__all__`."""

    @pytest.mark.parametrize("name", PACKAGES)
    def test_all_is_what_is_public(self, name: str) -> None:
        """`__all__` and the public names are the same."""
        module = importlib.import_module(name)
        assert {n for n in module.__all__ if n != "__version__"} == public(module)
        assert sorted(module.__all__) == list(module.__all__)

    @pytest.mark.parametrize("name", PACKAGES)
    def test_types_are_published(self, name: str) -> None:
        """Each package carries the marker of typed packages."""
        assert importlib.resources.files(name).joinpath("py.typed").is_file()

    @pytest.mark.parametrize("name", PACKAGES)
    def test_every_module_says_what_it_is_for(self, name: str) -> None:
        """Every module imports by itself and has a docstring."""
        package = importlib.import_module(name)
        names = [info.name for info in pkgutil.walk_packages(package.__path__, f"{name}.")]
        assert names
        undocumented = [n for n in names if not n.endswith("__main__") and not importlib.import_module(n).__doc__]
        assert undocumented == []


def sources(api: Api) -> Iterator[tuple[str, Source]]:
    """Every rule of an API with its source."""
    yield from ((error.code, error.source) for error in api.errors)
    yield from ((rule.name, rule.source) for rule in api.rules)
    for lifecycle in api.lifecycles:
        yield f"{lifecycle.name}, frame", lifecycle.frame
        yield from ((f"{lifecycle.name}/{row.name}", row.source) for row in lifecycle.all_rows())
        yield from ((f"{lifecycle.name}/{rule.name}", rule.source) for rule in lifecycle.rules)
        yield from ((f"{lifecycle.name}/{p.name}", p.source) for p in lifecycle.progress)


class TestApis:
    """What each API's page says is tied to rules, and each rule to a source."""

    def test_every_statement_is_tied(self, api: Api) -> None:
        """A statement names what formalises it, or the reason why nothing does; the names exist."""
        assert api.statements
        names = api.names()
        for statement in api.statements:
            assert statement.by or statement.not_modelled, statement
            assert set(statement.by) <= names, statement

    def test_every_ambiguity_is_tied(self, api: Api) -> None:
        """An ambiguity names what became of it, or the reason why nothing did."""
        assert api.ambiguities
        names = api.names()
        for ambiguity in api.ambiguities:
            assert ambiguity.by or ambiguity.not_modelled, ambiguity
            assert set(ambiguity.by) <= names, ambiguity

    def test_most_statements_are_modelled(self, api: Api) -> None:
        """What is left out is the exception."""
        modelled = sum(bool(statement.by) for statement in api.statements)
        assert modelled >= 0.7 * len(api.statements)

    def test_every_rule_has_a_source(self, api: Api) -> None:
        """A rule cites a document of the API with a place in it, or is an assumption with its reason."""
        documents = {document.id for document in api.documents}
        for name, source in sources(api):
            assert source.section, name
            if source.grade is Grade.ASSUMED:
                assert not source.document, name
            else:
                assert source.document in documents, name

    def test_every_question_can_be_settled(self, api: Api) -> None:
        """An open question says what was found and how it could be settled."""
        for name, question in api.all_questions().items():
            assert question.evidence and question.settle, name
            assert question.default in {reading.name for reading in question.readings}, name

    def test_every_wire_operation_has_a_home(self, api: Api) -> None:
        """Each lifecycle operation is bound, and each kind has all of its lifecycle's operations."""
        for lifecycle in api.lifecycles:
            for kind in lifecycle.kinds:
                roles = {b.role for b in api.bindings if b.lifecycle == lifecycle.name and b.kind in ("", kind.name)}
                assert roles == {operation.name for operation in lifecycle.operations}, kind

    def test_names_stay_apart(self, api: Api) -> None:
        """No two things a statement can be tied to share a full name."""
        names = [q.name for q in api.questions] + [r.name for r in api.rules] + [e.code for e in api.errors]
        assert len(names) == len(set(names))
        for lifecycle in api.lifecycles:
            own = [t.name for t in lifecycle.all_rows()] + [q.name for q in lifecycle.questions]
            own += [r.name for r in lifecycle.rules] + [p.name for p in lifecycle.progress]
            assert len(own) == len(set(own))
