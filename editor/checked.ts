/** The values of the boxes in an element of a form that are ticked. */
export function checkedValues(element: string): string[] {
  const values: string[] = [];
  $(`${element} input`).each(function () {
    if ($(this).prop('checked') === true) values.push($(this).val());
  });
  return values;
}
