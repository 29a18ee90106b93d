"""Routes: which path means what."""

from __future__ import annotations

import pytest

from supergame.edge import Request, Response
from supergame.edge.routes import Routes, Target


def target(name: str) -> Target:
    return lambda request: Response(name)


@pytest.fixture
def routes() -> Routes:
    routes = Routes()
    for method, pattern in [
        ("GET", "/v2/storage/{collection}"),
        ("GET", "/v2/storage/{collection}/{user_id}"),
        ("PUT", "/v2/storage/delete"),
        ("GET", "/v2/group/{group_id}/user"),
        ("GET", "/v2/group/mine/user"),
        ("POST", "/v2/group/{id}/{action}"),
        ("GET", "/"),
    ]:
        routes.add(method, pattern, target(f"{method} {pattern}"))
    return routes


@pytest.mark.parametrize(
    ("method", "path", "pattern", "params"),
    [
        ("GET", "/", "/", {}),
        ("PUT", "/v2/storage/delete", "/v2/storage/delete", {}),
        ("GET", "/v2/storage/delete", "/v2/storage/{collection}", {"collection": "delete"}),
        ("GET", "/v2/storage/a%2Fb%20c", "/v2/storage/{collection}", {"collection": "a/b c"}),
        ("GET", "/v2/storage/a/b", "/v2/storage/{collection}/{user_id}", {"collection": "a", "user_id": "b"}),
        ("GET", "/v2/group/mine/user", "/v2/group/mine/user", {}),
        ("GET", "/v2/group/yours/user", "/v2/group/{group_id}/user", {"group_id": "yours"}),
        ("POST", "/v2/group/mine/user", "/v2/group/{id}/{action}", {"id": "mine", "action": "user"}),
    ],
)
def test_the_most_literal_pattern_that_has_the_method_wins(
    routes: Routes, method: str, path: str, pattern: str, params: dict[str, str]
) -> None:
    found = routes.find(method, path)
    assert found is not None
    answer = found[0](Request(method, path))
    assert isinstance(answer, Response)
    assert answer.body.decode() == f"{method} {pattern}"
    assert found[1] == params


@pytest.mark.parametrize("path", ["", "//", "/v2", "/v2/storage/", "/v2/storage/a/b/c", "/v2/group//user", "/" * 5000])
def test_what_fits_no_pattern_is_not_found(routes: Routes, path: str) -> None:
    assert routes.find("GET", path) is None


def test_which_methods_a_path_has(routes: Routes) -> None:
    assert routes.methods("/v2/storage/delete") == ["GET", "PUT"]
    assert routes.methods("/v2/nothing") == []


@pytest.mark.parametrize("pattern", ["no slash", "/", "/v2/storage/{other}"])
def test_a_pattern_that_is_wrong_or_taken(routes: Routes, pattern: str) -> None:
    with pytest.raises(ValueError, match=r"slash|already"):
        routes.add("GET", pattern, target("x"))
