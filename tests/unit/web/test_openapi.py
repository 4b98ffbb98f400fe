"""The document and the page that shows it: complete, ours, and offline."""

import re
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel

from gesso.infra.errors import Conflict, NotFound
from gesso.infra.web import TxDep, ViewDep, new_router, problems
from tests.unit.web.serving import build, serve

router = new_router("thing")


class Gone(NotFound):
    """It was here once."""

    code = "gone"


class Order(BaseModel):
    prompt: str


@router.get("/things/{id}", responses=problems(NotFound, Gone, Conflict))
async def get_thing(id: Annotated[str, Path(max_length=9)], view: ViewDep) -> Order:
    raise NotFound(f"There is no {id}.")


@router.post("/things", status_code=202)
async def order_thing(order: Order, tx: TxDep) -> Order:
    return order


def test_the_document_tells_every_refusal_as_a_problem() -> None:
    document = build(router).openapi()
    for path, method in (("/api/v1/things", "post"), ("/api/v1/things/{id}", "get")):
        answers = document["paths"][path][method]["responses"]
        for status, answer in answers.items():
            if not status.startswith("2"):
                schema = answer["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}
                assert list(answer["content"]) == ["application/problem+json"]
    assert set(document["paths"]["/api/v1/things"]["post"]["responses"]) == {
        *("202", "400", "408", "413", "415", "422", "429", "503", "default")
    }
    assert set(document["paths"]["/api/v1/things/{id}"]["get"]["responses"]) == {
        *("200", "404", "409", "422", "429", "503", "default")
    }
    text = document["paths"]["/api/v1/things/{id}"]["get"]["responses"]["404"]["description"]
    assert "`gone`: It was here once." in text
    assert "`not_found`" in text


def test_the_document_names_operations_as_the_code_does_and_resolves() -> None:
    document = build(router).openapi()
    assert document["paths"]["/api/v1/things"]["post"]["operationId"] == "order_thing"
    schemas = document["components"]["schemas"]
    assert "HTTPValidationError" not in schemas
    named = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert named == {"Order", "Problem", "FieldProblem"}
    assert named <= set(schemas)


async def test_the_documentation_needs_no_other_origin() -> None:
    async with serve(build(router)) as client:
        async with client.get("/docs") as response:
            page = await response.text()
            policy = response.headers["Content-Security-Policy"]
        assert response.content_type == "text/html"
        assert "://" not in page
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        links = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(links) == 4
        for link in [*links, "openapi.json"]:
            async with client.get(f"/{link}") as response:
                assert response.status == 200
                assert int(response.headers["Content-Length"]) > 100
