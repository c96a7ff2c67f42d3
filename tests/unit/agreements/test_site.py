from __future__ import annotations

import socket

from hotline.agreements.site import berths

A, B = "AUS:fleet-watch", "CHN:fleet-watch"


def test_nodes_get_ports_that_no_outgoing_connection_is_given() -> None:
    places = berths([A, B])
    ports = {int(place.address.rpartition(":")[2]) for place in places.values()}
    assert len(ports) == 2 and all(port < 32_768 for port in ports)
    for port in ports:
        socket.create_server(("127.0.0.1", port)).close()
