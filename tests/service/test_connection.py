import h11

from inknet.service.connection import WholeAnswers

REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


def asked() -> WholeAnswers:
    """Return a connection over which a request came."""
    connection = WholeAnswers()
    connection.receive_data(REQUEST)
    assert isinstance(connection.next_event(), h11.Request)
    assert isinstance(connection.next_event(), h11.EndOfMessage)
    return connection


def head(length: int) -> h11.Response:
    return h11.Response(status_code=200, reason=b"OK", headers=[("Content-Length", str(length))])


def test_the_head_goes_with_the_first_part_of_the_body() -> None:
    connection = asked()
    sent = [connection.send(event) for event in (head(6), h11.Data(b"one"), h11.Data(b"two"), h11.EndOfMessage())]
    assert connection.sent == sum(map(len, filter(None, sent)))
    assert sent == [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none", b"two", b""]
    # And so for the next request.
    connection.start_next_cycle()
    connection.receive_data(REQUEST)
    connection.next_event()
    assert connection.send(head(1)) == b""
    assert connection.send(h11.Data(b"1")) == b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"


def test_without_a_body_the_head_goes_with_the_end() -> None:
    connection = asked()
    assert connection.send(head(0)) == b""
    assert connection.send(h11.EndOfMessage()) == b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def test_a_close_has_no_bytes() -> None:
    assert WholeAnswers().send(h11.ConnectionClosed()) is None
