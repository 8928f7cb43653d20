from core import palette


def test_the_colours_are_those_that_okabe_and_ito_published_as_rgb():
    published = {
        "ORANGE": (230, 159, 0),
        "SKY_BLUE": (86, 180, 233),
        "BLUISH_GREEN": (0, 158, 115),
        "BLUE": (0, 114, 178),
        "VERMILLION": (213, 94, 0),
        "REDDISH_PURPLE": (204, 121, 167),
    }

    assert {name: palette.rgb(getattr(palette, name)) for name in published} == published
