import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from graphperf.analysis.finding import Finding
from graphperf.server import sessions as module
from graphperf.server.captures import Cancellation, Superseded
from graphperf.server.fixes import QuickFix
from graphperf.server.judgement import Judgement
from graphperf.server.session import Session
from graphperf.server.sessions import Sessions
from graphperf.server.settings import Settings
from graphperf.server.views import Mark, ModelView, Views, merged

TEXT = "import torch\n\nclass Net:\n    a = 1\n    b = 22\n"
URI = "file:///m.py"


def view(name="Net", text=TEXT, contains=(), first=None, options="fp32", **parts):
    graph = SimpleNamespace(contains=contains)
    result = SimpleNamespace(target=f"/m.py::{name}", graph=graph, evaluations=(first,), options=options)
    given = {"hints": {4: f"{name} a", 5: f"{name} b"}, "summaries": {}, "marks": ()} | parts
    return ModelView(name, result, text, 3, None, **given)  # pyright: ignore[reportArgumentType]


def problem(line, name="/m.py", message="wrong"):
    return Mark(Finding("GP901", message, "/m.py", line, "warning", name), line)


def session_with(*views, **parts):
    session = Session(URI, Path("/m.py"), TEXT, 1)
    session.renew(Views(TEXT, views, **parts))
    return session


def test_hints_follow_their_lines():
    session = session_with(view())
    assert dict(session.hints()) == {4: "Net a", 5: "Net b"}
    session.edit(TEXT.replace("class", "# more\nclass").replace("    a = 1\n", ""), 2)
    assert dict(session.hints()) == {5: "Net b"}
    assert [line for line, _ in session.models()] == [4]


def test_models_that_share_a_line_give_one_hint():
    session = session_with(view("Net"), view("Other"))
    assert dict(session.hints()) == {4: "Net a", 5: "Net b"}


def test_summaries_are_found_by_their_present_line():
    session = session_with(view(summaries={4: "sum"}))
    session.edit("\n" + TEXT, 2)
    found = session.summary_at(5)
    assert found is not None
    assert found[1] == "sum"
    assert session.summary_at(4) is None


def test_summaries_follow_their_lines():
    session = session_with(view(summaries={4: "a", 5: "b"}), view("Other", summaries={5: "other"}))
    session.edit("\n" + TEXT, 2)
    assert [(line, owner.name, summary) for line, owner, summary in session.summaries()] == [
        (5, "Net", "a"),
        (6, "Net", "b"),
    ]


def test_the_result_before_is_that_before_the_edits():
    session = session_with(view(first="opened"))
    assert session.before(*session.views.models) is None
    assert not session.rest()
    for first in ("once", "twice"):
        session.renew(Views(TEXT, (view(first=first),)))
        assert session.before(*session.views.models) == "opened"
    assert session.rest()
    assert session.before(*session.views.models) is None
    session.renew(Views(TEXT, (view(first="more"), view("New", first="new"))))
    assert [session.before(model) for model in session.views.models] == ["twice", None]


def test_another_question_is_no_change():
    session = session_with(view(first="opened"))
    session.renew(Views(TEXT, (view(first="other", options="fp16"),)))
    assert session.before(*session.views.models) is None
    session.renew(Views(TEXT, (view(first="edited", options="fp16"),)))
    assert session.before(*session.views.models) == "other"


def test_a_first_result_without_models_is_nothing_to_compare_with():
    session = session_with()
    for first in ("good", "better"):
        session.renew(Views(TEXT, (view(first=first),)))
    assert session.before(*session.views.models) == "good"


@pytest.mark.parametrize(("text", "end"), [("a\nb", "\n"), ("a\r\nb", "\r\n"), ("a\rb", "\r"), ("a", "\n")])
def test_ends_of_lines(text, end):
    assert Session(URI, Path("/m.py"), text, 1).end_of_lines == end


def test_the_generation_grows_with_text_and_views():
    session = session_with(view())
    assert session.generation == 1
    session.edit(TEXT, 2)
    assert (session.generation, session.version) == (1, 2)
    session.edit(TEXT + "\n", 3)
    assert session.generation == 2


def test_a_syntax_error_keeps_every_model():
    old = Views(TEXT, (view(),))
    fresh = merged(old, Views("class Net(:", (), (problem(1),), frozenset({"/m.py"}), readable=False))
    assert [v.name for v in fresh.models] == ["Net"]
    assert len(fresh.problems) == 1


def test_a_failed_model_keeps_its_place_and_hides_its_parts():
    old = Views(TEXT, (view("Net", contains=("Net", "Part")), view("Other")))
    fresh = merged(old, Views(TEXT, (view("Part"), view("Other"), view("New")), failed=frozenset({"/m.py::Net"})))
    assert [v.name for v in fresh.models] == ["Net", "Other", "New"]


def test_a_model_that_is_gone_is_dropped():
    assert merged(Views(TEXT, (view(),)), Views("")).models == ()


def test_syntax_errors_are_shown_where_models_are_to_be_expected():
    session = Session(URI, Path("/m.py"), "def (", 1)
    session.renew(Views("def (", problems=(problem(1),), readable=False))
    assert list(session.marks()) == []
    session.renew(Views("def (  # torch", problems=(problem(1),), readable=False))
    session.edit("def (  # torch", 2)
    assert [line for line, _ in session.marks()] == [1]


class FakeEngine:
    """Records what it is asked for and answers when it is let."""

    def __init__(self):
        self.asked: list[str] = []
        self.let = asyncio.Event()
        self.failure: Exception | None = None

    async def views(self, path, text, settings, cancellation, note):
        self.asked.append(text)
        await self.let.wait()
        cancellation.check()
        if self.failure is not None:
            raise self.failure
        return Views(text, (view(text=text, first=text),))


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def renewed():
    return asyncio.Queue()


@pytest.fixture
def rested():
    return asyncio.Queue()


@pytest.fixture
def unfinished():
    return []


@pytest.fixture
def sessions(engine, renewed, rested, unfinished, monkeypatch):
    monkeypatch.setattr(module, "DEBOUNCE_S", 0.01)

    @asynccontextmanager
    async def progress(_, cancellation):
        yield lambda _: None

    async def settings(_):
        return Settings()

    def cancelled(_, words):
        unfinished.append(words)

    return Sessions(engine, settings, renewed.put_nowait, rested.put_nowait, cancelled, progress)


def edit(sessions, text, version):
    """What an edit by the user leads to."""
    session = sessions.analysed(URI)
    session.edit(text, version)
    sessions.edited(session)


async def test_opening_analyses(sessions, engine, renewed):
    sessions.open(Session(URI, Path("/m.py"), "a", 1))
    engine.let.set()
    session = await asyncio.wait_for(renewed.get(), 10)
    assert session is sessions.get(URI)
    assert session.views.text == "a"


async def test_typing_analyses_only_the_last_version(sessions, engine, renewed):
    engine.let.set()
    sessions.open(Session(URI, Path("/m.py"), "a", 1))
    for version, text in enumerate(("ab", "abc", "abcd"), 2):
        edit(sessions, text, version)
    session = await asyncio.wait_for(renewed.get(), 10)
    assert (session.version, session.views.text) == (4, "abcd")
    assert engine.asked == ["abcd"]
    assert renewed.empty()


async def test_a_newer_version_supersedes_a_running_analysis(sessions, engine, renewed, unfinished):
    sessions.open(Session(URI, Path("/m.py"), "a", 1))
    while not engine.asked:
        await asyncio.sleep(0)
    edit(sessions, "ab", 2)
    engine.let.set()
    session = await asyncio.wait_for(renewed.get(), 10)
    assert session.views.text == "ab"
    assert renewed.empty()
    assert unfinished == []


async def test_a_change_is_shown_until_the_user_rests(sessions, engine, renewed, rested, monkeypatch):
    engine.let.set()
    sessions.open(Session(URI, Path("/m.py"), "a", 1))
    session = await asyncio.wait_for(renewed.get(), 10)
    edit(sessions, "ab", 2)
    await asyncio.wait_for(renewed.get(), 10)
    monkeypatch.setattr(module, "CHANGE_SHOWN_S", 0.01)
    edit(sessions, "abc", 3)
    await asyncio.wait_for(renewed.get(), 10)
    assert session.before(*session.views.models) == "a"
    assert await asyncio.wait_for(rested.get(), 10) is session
    assert session.before(*session.views.models) is None
    assert rested.empty()


async def test_a_closed_document_gets_no_result(sessions, engine, renewed):
    sessions.open(Session(URI, Path("/m.py"), "a", 1))
    other = "file:///other.py"
    sessions.open(Session(other, Path("/other.py"), "b", 1))
    assert sessions.close(URI) is not None
    engine.let.set()
    assert (await asyncio.wait_for(renewed.get(), 10)).uri == other
    assert renewed.empty()
    assert sessions.get(URI) is None
    assert sessions.close(URI) is None


@pytest.mark.parametrize(
    ("failure", "words"), [(RuntimeError("a fault of the engine"), "failed"), (Superseded(), "was cancelled")]
)
async def test_a_failed_analysis_keeps_the_last_result(sessions, engine, renewed, unfinished, failure, words):
    engine.let.set()
    sessions.open(Session(URI, Path("/m.py"), "a", 1))
    session = await asyncio.wait_for(renewed.get(), 10)
    engine.failure = failure
    sessions.restart()
    while len(engine.asked) < 2:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert session.views.text == "a"
    assert renewed.empty()
    (said,) = unfinished
    assert said.startswith(f"the analysis of m.py {words}")
    engine.failure = None
    sessions.restart()
    await asyncio.wait_for(renewed.get(), 10)


async def test_a_document_is_the_same_however_its_name_is_quoted(sessions):
    sessions.open(Session("file:///a%20b.py", Path("/a b.py"), "a", 1))
    assert sessions.get("file:///a b.py") is sessions.get("file:///a%20b.py") is not None


class FixingEngine(FakeEngine):
    """Finds something to fix on two lines, and notes which fixes it works out."""

    def __init__(self):
        super().__init__()
        self.let.set()
        self.worked_out: list[tuple[int, bool]] = []
        self.cancellations: list[Cancellation] = []
        self.calm = asyncio.Event()

    async def views(self, path, text, settings, cancellation, note):
        found = [Finding("GP402", text, "/m.py", line, "warning", "/m.py::Net", share=line / 10) for line in (4, 5)]
        return Views(text, (view(text=text, first=text),), judgement=Judgement(tuple(found)))

    async def fix(self, path, views, finding, settings, cancellation, *, asked):
        try:
            await self.calm.wait()
        finally:
            self.cancellations.append(cancellation)
        self.worked_out.append((finding.line, asked))
        if finding.line == 4:
            raise ValueError("a defect")
        return QuickFix("Fix", (), safe=True)


@pytest.fixture
def fixing(monkeypatch, sessions):
    monkeypatch.setattr(module, "FIXES_AFTER_S", 0.0)
    engine = FixingEngine()
    sessions._engine = engine
    return engine


async def test_fixes_are_worked_out_after_a_result(sessions, fixing, renewed):
    sessions.open(Session(URI, Path("/m.py"), TEXT, 1))
    session = await asyncio.wait_for(renewed.get(), 10)
    fixing.calm.set()
    while session.fixes.next() is not None:
        await asyncio.sleep(0)
    assert fixing.worked_out == [(5, False), (4, False)]
    assert [session.fixes.get(("GP402", line)) for line in (4, 5)] == [None, QuickFix("Fix", (), safe=True)]
    assert await sessions.work_out(session, ("GP402", 5), Settings()) == QuickFix("Fix", (), safe=True)
    assert await sessions.work_out(session, ("GP402", 1), Settings()) is None
    assert len(fixing.worked_out) == 2
    sessions.stop()


async def test_an_edit_ends_the_work_on_fixes(sessions, fixing, renewed):
    sessions.open(Session(URI, Path("/m.py"), TEXT, 1))
    session = await asyncio.wait_for(renewed.get(), 10)
    assert session.fixes.is_open(("GP402", 5))
    await asyncio.sleep(0.05)
    edit(sessions, f"{TEXT}\n", 2)
    await asyncio.wait_for(renewed.get(), 10)
    assert [each.cancelled for each in fixing.cancellations] == [True]
    assert fixing.worked_out == []
    sessions.stop()
