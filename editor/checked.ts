/** The values of the boxes in an element of a form that are ticked. */
export function checkedValues(element: string): string[] {
  const values: string[] = [];
  $(`${element} input`).each(function () {
    if ($(this).prop('checked') === true) values.push($(this).val());
  });
  return values;
}

/** Shows a line while none of the boxes is ticked, since that is stored as all of them. @returns call it when they are drawn anew */
export function tellNone(element: string, line: string): () => void {
  const update = () => void $(line).toggle(checkedValues(element).length === 0);
  $(element).on('change', update);
  update();
  return update;
}
