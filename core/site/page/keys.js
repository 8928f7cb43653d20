// Keys without a modifier, for a page's main controls.

const TYPING = "select, textarea, input:not([type=range], [type=checkbox]), [contenteditable]"

/** Press a button when its key is pressed, unless it is typed into something or the button rests. */
export const pressByKey = (buttons) => {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPING)) return
    const button = buttons.find((one) => one.getAttribute("aria-keyshortcuts") === event.key.toLowerCase())
    if (button && !button.disabled && button.checkVisibility()) button.click()
  })
}
