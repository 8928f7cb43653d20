// No module: where the browser may or can load none, it says here what the page needs.
const shown = (id) => { document.getElementById(id).hidden = false }

if (location.protocol === "file:") shown("needs-server")
else {
  // A module that cannot be loaded, or one that it imports, tells of it after this script.
  addEventListener("error", ({ target }) => target.localName === "script" && shown("cannot-load"), true)
}
