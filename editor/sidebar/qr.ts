/** A text as a QR code. */
import qrcode from 'qrcode-generator';

const NS = 'http://www.w3.org/2000/svg';
/** Cells of white around it, as readers want them. */
const QUIET = 4;

/** @param label read out in place of the picture */
export function qrCode(text: string, label: string): SVGSVGElement {
  const code = qrcode(0, 'M');
  // The library takes a byte a character.
  code.addData(text.replace(/[\u0080-\uffff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`));
  code.make();
  const cells = code.getModuleCount();
  const size = cells + 2 * QUIET;
  const svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('class', 'shelfwire-qr');
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  let path = '';
  for (let row = 0; row < cells; row++)
    for (let column = 0; column < cells; column++)
      if (code.isDark(row, column)) path += `M${column + QUIET} ${row + QUIET}h1v1h-1z`;
  const ground = document.createElementNS(NS, 'rect');
  ground.setAttribute('width', String(size));
  ground.setAttribute('height', String(size));
  ground.setAttribute('fill', '#fff');
  const dark = document.createElementNS(NS, 'path');
  dark.setAttribute('d', path);
  dark.setAttribute('fill', '#000');
  svg.append(ground, dark);
  return svg;
}
