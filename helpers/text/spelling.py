"""How far one word is from another, as people mistype them."""


def edits(one: str, other: str, most: int) -> int | None:
    """The number of letters to insert, leave out, replace or swap with their neighbour that turns one
    word into the other (Damerau and Levenshtein; each letter is touched once). None above `most`."""
    if abs(len(one) - len(other)) > most:
        return None
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one):
        earlier, before, row = before, row, [place + 1]
        for column, found in enumerate(other):
            cost = min(before[column] + (letter != found), before[column + 1] + 1, row[column] + 1)
            if place and column and letter == other[column - 1] and found == one[place - 1]:
                cost = min(cost, earlier[column - 1] + 1)
            row.append(cost)
    return row[-1] if row[-1] <= most else None
