"""The worker's loop, and the worker as a process from its zip with its own SDK."""

import json
import os
import runpy
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.aws.compute.packaging import build_zip
from constructs_lib.aws.compute.python_packages import aws_sdk, packages
from constructs_lib.payments.components.fleet import WORKER_SERVICES
from payments.adapters.clients import client
from payments.adapters.gateways import Simulator, SimulatorBook
from payments.adapters.table import Table
from payments.ledger import Kind
from payments.telemetry import Log
from settlement_worker.worker import Jobs, work
from tests.handlers.support import BODY, Time, World

SETTINGS = {
    "AUDIT_BUCKET": "b",
    "GATEWAY": "simulator",
    "POLL_SECONDS": "20",
    "SETTLEMENTS_QUEUE_URL": "q",
    "TABLE_NAME": "t",
    "VISIBILITY_SECONDS": "360",
}
HANDLERS = Path(__file__).resolve().parents[2] / "handlers"


class Queue:
    """Implements a queue and records what the worker does with its messages."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.deleted: list[str] = []
        self.extended: list[int] = []
        self.received = threading.Event()
        self.breaks = False

    def receive_message(self, **arguments: Any) -> dict[str, Any]:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer()
            return {}
        if answer is None:
            return {}
        return {"Messages": [{"MessageId": answer, "Body": answer, "ReceiptHandle": f"receipt {answer}"}]}

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> None:
        self.deleted.append(ReceiptHandle)

    def change_message_visibility(self, VisibilityTimeout: int, **_: Any) -> None:
        self.extended.append(VisibilityTimeout)
        self.received.set()
        if self.breaks:
            raise ConnectionError("secret text")


def run(queue: Queue, do: Callable[[str], None], visibility: float = 60) -> list[dict[str, Any]]:
    """Returns the lines that a worker logs until its queue stops it."""
    stopped, lines = threading.Event(), list[str]()
    queue.answers.append(stopped.set)
    log = Log(write=lines.append)
    # SQS counts whole seconds, for which a test would wait.
    jobs = Jobs(client=queue, queue_url="q", visibility=visibility, poll=20, log=log)  # type: ignore[arg-type]
    work(jobs=jobs, do=do, stopped=stopped, log=log, pause=timedelta(0))
    return [json.loads(line) for line in lines]


def test_jobs_are_done_one_after_the_other_and_a_poll_in_vain_is_nothing() -> None:
    queue, done = Queue("one", None, "two"), list[str]()
    lines = run(queue, done.append)
    assert done == ["one", "two"]
    assert queue.deleted == ["receipt one", "receipt two"]
    assert [line["message"] for line in lines] == ["worker started", "worker stopped"]


def test_a_job_that_fails_is_not_deleted_and_stops_no_other() -> None:
    def do(body: str) -> None:
        if body == "bad":
            raise RuntimeError("secret text")

    queue = Queue("bad", "good")
    lines = run(queue, do)
    assert queue.deleted == ["receipt good"]
    assert [(line["message"], line.get("message_id")) for line in lines[1:-1]] == [("job failed", "bad")]
    assert "secret" not in json.dumps(lines)


def test_a_queue_that_does_not_answer_is_asked_again() -> None:
    done: list[str] = []
    lines = run(Queue(ConnectionError("secret text"), "one"), done.append)
    assert done == ["one"]
    assert lines[1]["message"] == "no answer from the queue"


@pytest.mark.parametrize("breaks", [False, True])
def test_while_a_job_is_worked_on_nobody_else_gets_it(breaks: bool) -> None:
    queue = Queue("long")
    queue.breaks = breaks

    def do(body: str) -> None:
        queue.received.wait(10)

    lines = run(queue, do, visibility=0.03)
    assert queue.extended
    assert queue.deleted == ["receipt long"]
    assert any(line["message"] == "visibility not extended" for line in lines) == breaks


def test_a_job_that_ends_soon_is_not_prolonged() -> None:
    queue = Queue()
    jobs = Jobs(client=queue, queue_url="q", visibility=60, poll=20, log=Log())
    with jobs.extending({"MessageId": "a", "Body": "b", "ReceiptHandle": "c"}):
        pass
    assert queue.extended == []


@pytest.fixture
def sigterm() -> Iterator[None]:
    """Restores the handler of SIGTERM afterwards."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_the_service_asks_its_queue_and_ends_when_it_is_told_to(
    sigterm: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    requests: list[dict[str, Any]] = []

    class Client:
        def receive_message(self, **arguments: Any) -> dict[str, Any]:
            requests.append(arguments)
            os.kill(os.getpid(), signal.SIGTERM)
            return {}

    monkeypatch.setattr("boto3.client", lambda service, config: Client())
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    runpy.run_module("settlement_worker", run_name="__main__")
    assert [(call["QueueUrl"], call["WaitTimeSeconds"], call["VisibilityTimeout"]) for call in requests] == [
        ("q", 20, 360)
    ]
    messages = [json.loads(line)["message"] for line in capsys.readouterr().out.splitlines()]
    assert messages == ["worker started", "worker stopped"]


def test_what_is_shipped_and_not_installed_is_told() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_sdk must be in a zip"):
        packages(["no_such_sdk"])


@pytest.mark.integration
def test_the_worker_as_it_is_shipped_reconciles_a_day_and_finds_what_was_planted(
    dynamodb: Any, table_name: str, local_aws: dict[str, str], tmp_path: Path
) -> None:
    """Tests the zip alone, in an interpreter without site-packages: it contains everything that it needs."""
    sources = aws_sdk(WORKER_SERVICES) | {part: HANDLERS / part for part in ("payments", "settlement_worker")}
    with zipfile.ZipFile(build_zip(sources, tmp_path / "worker.zip", bytecode=False).path) as archive:
        archive.extractall(tmp_path / "worker")
    sqs, s3 = client("sqs"), client("s3")
    queue = sqs.create_queue(QueueName=table_name)["QueueUrl"]
    s3.create_bucket(Bucket=table_name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    time = Time(datetime.now(UTC))
    day = f"{time():%Y-%m-%d}"
    book = SimulatorBook(dynamodb, table_name, time)
    world = World(store=Table(dynamodb, table_name), gateway=Simulator(book), time=time)
    payment = world.create(BODY)["json"]["id"]
    book(f"{payment}-9", Kind.REFUND, 5, "EUR")
    sqs.send_message(QueueUrl=queue, MessageBody="no job")
    job = json.dumps({"job": "reconcile", "date": day})
    for _ in range(2):
        sqs.send_message(QueueUrl=queue, MessageBody=job)
    worker = subprocess.Popen(
        [sys.executable, "-S", "-u", "-m", "settlement_worker"],
        cwd=tmp_path / "worker",
        env={
            **{name: value for name, value in local_aws.items() if value},
            "PATH": os.environ["PATH"],
            "AUDIT_BUCKET": table_name,
            "GATEWAY": "simulator",
            "POLL_SECONDS": "1",
            "SETTLEMENTS_QUEUE_URL": queue,
            "TABLE_NAME": table_name,
            "VISIBILITY_SECONDS": "60",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout
    with worker, worker.stdout:
        lines = [json.loads(worker.stdout.readline()) for _ in range(4)]
        worker.send_signal(signal.SIGTERM)
        assert json.loads(worker.stdout.readline())["message"] == "worker stopped"
    assert worker.returncode == 0
    assert sorted(line["message"] for line in lines) == [
        "job failed",
        "reconciled",
        "reconciled",
        "worker started",
    ]
    [done, again] = [line for line in lines if line["message"] == "reconciled"]
    assert (done["matched"], done["differences"], done["breaks"]) == (1, 1, 0)
    assert {**again, "timestamp": ""} == {**done, "timestamp": ""}
    listed = s3.list_objects_v2(Bucket=table_name)["Contents"]
    assert [entry["Key"] for entry in listed] == [f"reconciliation/date={day}/simulator.json"]
    report = json.loads(s3.get_object(Bucket=table_name, Key=listed[0]["Key"])["Body"].read())
    assert [(m["payment"], m["amount"]) for m in report["missing_here"]] == [(payment, 5)]
