/** A text as a QR code in SVG: for screens that cannot be copied from. */
import { renderSVG } from 'uqr'

export function textAsSvg(text: string): string {
  return renderSVG(text, { border: 2, pixelSize: 4 })
}
