"""The front-end of the earlier stores, for comparison: Flask, a book from SQLite or from a dict.

uWSGI runs it with DATABASE in the environment.
"""

import os
import sqlite3

import flask

COLUMNS = ("id", "title", "topic", "price", "quantity")

app = flask.Flask(__name__)
cache: dict[int, dict[str, object]] = {}


def read_book(book: int) -> dict[str, object]:
    """With a connection a request, as those stores had."""
    with sqlite3.connect(os.environ["DATABASE"]) as connection:
        row = connection.execute("SELECT id, title, topic, price, quantity FROM books WHERE id = ?", (book,)).fetchone()
    if row is None:
        flask.abort(404)
    return dict(zip(COLUMNS, row))


@app.get("/sqlite/info/<int:book>")
def info_from_sqlite(book: int) -> flask.Response:
    return flask.jsonify(read_book(book))


@app.get("/dict/info/<int:book>")
def info_from_dict(book: int) -> flask.Response:
    if book not in cache:
        cache[book] = read_book(book)
    return flask.jsonify(cache[book])
