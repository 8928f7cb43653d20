from core.site.html_table import html_table


def test_cells_are_text_and_the_first_heads_its_row():
    found = html_table(["class", "n"], [["<b>benign</b>", "1"]], 'a "table"')
    assert '<th scope="col">class</th><th scope="col">n</th>' in found
    assert '<tr><th scope="row">&lt;b&gt;benign&lt;/b&gt;</th><td>1</td></tr>' in found
    assert 'tabindex="0" aria-label="a &quot;table&quot;"' in found
