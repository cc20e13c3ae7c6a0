"""What sending costs, in cents."""


def freight(pieces):
    if pieces <= 0:
        return 0
    if pieces <= 5:
        return 500
    return 900 + max(0, pieces - 20) * 10
