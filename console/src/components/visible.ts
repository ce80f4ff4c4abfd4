/** Text of strangers: what cannot be seen, or turns what follows around, is shown by its code point. */
// Controls but tab and line end, marks and overrides of direction, what has no width, and separators of lines.
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

export function visible(text: string): string {
  return text.replace(UNSEEN, sign => `⟨U+${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`)
}
