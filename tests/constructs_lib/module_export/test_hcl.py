from constructs_lib.module_export import hcl


def test_a_block_is_laid_out_as_terraform_lays_it_out() -> None:
    inner = hcl.Block("validation", {"condition": "true", "error_message": '"no"'})
    block = hcl.Block('variable "x"', {"type": "string", "nullable": "false"}, blocks=(inner, inner))
    assert hcl.document([block, hcl.Block("a", {}, blocks=(hcl.Block("b", {}),))], head="Why.") == (
        "# Why.\n\n"
        'variable "x" {\n'
        "  type     = string\n"
        "  nullable = false\n"
        "\n"
        "  validation {\n"
        "    condition     = true\n"
        '    error_message = "no"\n'
        "  }\n"
        "\n"
        "  validation {\n"
        "    condition     = true\n"
        '    error_message = "no"\n'
        "  }\n"
        "}\n"
        "\n"
        "a {\n"
        "  b {\n"
        "  }\n"
        "}\n"
    )


def test_a_document_without_a_head_begins_with_its_first_block() -> None:
    assert hcl.document([hcl.Block("a", {"b": "1"})]) == "a {\n  b = 1\n}\n"


def test_plain_values_are_written_so_that_terraform_takes_them_as_they_are() -> None:
    assert hcl.value(["a", 1, True]) == '["a", 1, true]'
    assert hcl.value('${x} %{y} "z" é') == '"$${x} %%{y} \\"z\\" é"'
