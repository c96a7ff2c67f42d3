"""The protocol core: no socket, file, clock, randomness, asyncio or gRPC. Time and identifiers come in as arguments."""
