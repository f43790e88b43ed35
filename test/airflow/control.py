"""Does in one long-lived process what the tests ask of Airflow: one JSON command per line in, one JSON answer out."""

from __future__ import annotations

import contextlib
import json
import sys
from datetime import datetime, timedelta, timezone

from airflow.models import DagRun, TaskInstance, Variable
from airflow.utils.session import create_session

try:
    from airflow.sdk import DAG  # noqa: F401

    LINE = 3
except ImportError:
    LINE = 2

triggered = 0


def trigger(dag_id, run_id, conf):
    """Airflow 2 identifies runs by logical date to the second, so each gets another one."""
    from airflow.api.common.trigger_dag import trigger_dag

    global triggered
    triggered += 1
    date = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(days=1) + timedelta(seconds=triggered)
    if LINE == 2:
        trigger_dag(dag_id, run_id=run_id, conf=conf, execution_date=date)
    else:
        from airflow.utils.types import DagRunTriggeredByType

        trigger_dag(
            dag_id, run_id=run_id, conf=conf, logical_date=date, triggered_by=DagRunTriggeredByType.TEST
        )


def read_run(dag_id, run_id):
    with create_session() as session:
        run = session.query(DagRun).filter(DagRun.dag_id == dag_id, DagRun.run_id == run_id).one()
        tasks = session.query(TaskInstance).filter(
            TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id
        )
        return {
            "state": str(run.state),
            "tasks": [
                {
                    "task_id": ti.task_id,
                    "map_index": ti.map_index,
                    "state": None if ti.state is None else str(ti.state),
                    "try_number": ti.try_number,
                    "max_tries": ti.max_tries,
                }
                for ti in tasks
            ],
        }


def _dag(dag_id, session):
    if LINE == 2:
        from airflow.models.dagbag import DagBag

        return DagBag(read_dags_from_db=True).get_dag(dag_id)
    from airflow.models.dagbag import DBDagBag

    return DBDagBag().get_latest_version_of_dag(dag_id, session=session)


def clear(dag_id, run_id, task_id, downstream):
    """As the button in Airflow's pages does, with or without downstream tasks."""
    with create_session() as session:
        dag = _dag(dag_id, session)
        run = session.query(DagRun).filter(DagRun.dag_id == dag_id, DagRun.run_id == run_id).one()
        if LINE == 2:
            part = dag.partial_subset(
                task_ids_or_regex=[task_id], include_downstream=downstream, include_upstream=False
            )
            return part.clear(start_date=run.logical_date, end_date=run.logical_date, session=session)
        part = dag.partial_subset(task_ids=[task_id], include_downstream=downstream, include_upstream=False)
        return part.clear(run_id=run_id, session=session)


def mark_failed(dag_id, run_id):
    from airflow.api.common.mark_tasks import set_dag_run_state_to_failed

    with create_session() as session:
        set_dag_run_state_to_failed(dag=_dag(dag_id, session), run_id=run_id, commit=True, session=session)


def set_variable(key, value):
    if value is None:
        Variable.delete(key)
    else:
        Variable.set(key, value)


def list_dags():
    from airflow.models.dag import DagModel

    with create_session() as session:
        return sorted(row.dag_id for row in session.query(DagModel.dag_id))


def import_errors():
    from airflow.models.errors import ParseImportError

    with create_session() as session:
        return [
            {"file": row.filename, "error": row.stacktrace} for row in session.query(ParseImportError).all()
        ]


COMMANDS = {
    "trigger": trigger,
    "read_run": read_run,
    "clear": clear,
    "mark_failed": mark_failed,
    "set_variable": set_variable,
    "list_dags": list_dags,
    "import_errors": import_errors,
}


def main():
    answers = sys.stdout
    print(json.dumps({"ready": True, "line": LINE}), file=answers, flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        name = command.pop("do")
        try:
            with contextlib.redirect_stdout(sys.stderr):
                answer = {"result": COMMANDS[name](**command)}
        except Exception as error:  # the test that asked decides what it means
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer, default=str), file=answers, flush=True)


main()
