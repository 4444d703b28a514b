from constructs_lib.payments.outputs import CREATED_AT, OUTPUTS, output_name
from constructs_lib.payments.stack import PaymentStack
from constructs_lib.settings.environments import load
from tests.apps import app
from tests.constructs_lib.conftest import Synthesized


def test_the_stack_publishes_exactly_what_the_table_lists() -> None:
    made = Synthesized(PaymentStack(app(), load("dev"), variables={}))
    parameters = {
        it["name"]: it["description"]
        for it in made.all("aws_ssm_parameter").values()
        if it["name"] != "/payments/dev/fleet/agent"  # for our own machines
    }
    assert parameters == {f"/payments/dev/{path}": means for path, means in OUTPUTS.items()}
    outputs = {name: it["description"] for name, it in made.json["output"].items()}
    assert outputs.pop(CREATED_AT)
    assert outputs == {output_name(path): means for path, means in OUTPUTS.items()}


def test_each_meaning_is_one_line_of_its_own() -> None:
    assert len(set(OUTPUTS.values())) == len(OUTPUTS)
    assert all(means and "\n" not in means and "|" not in means for means in OUTPUTS.values())
