// SPDX-License-Identifier: GPL-2.0-or-later
// Sort a table of the page by the column whose head is clicked (or entered): first number of a cell, else its text.
document.querySelectorAll("table.sortable").forEach(function (table) {
  var heads = table.querySelectorAll("thead th");
  function key(row, column) {
    var text = row.cells[column].textContent.trim(), number = text.replace(/,/g, "").match(/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?/);
    return number ? parseFloat(number[0]) : text.toLowerCase();
  }
  heads.forEach(function (head, column) {
    head.tabIndex = 0;
    head.title = "Sort by this column";
    function sort() {
      var down = head.getAttribute("aria-sort") !== "descending", body = table.tBodies[0];
      heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      Array.prototype.slice.call(body.rows).sort(function (a, b) {
        var x = key(a, column), y = key(b, column), order = typeof x === typeof y ? (x < y ? -1 : x > y ? 1 : 0) : typeof x === "number" ? 1 : -1;
        return down ? -order : order;
      }).forEach(function (row) { body.appendChild(row); });
    }
    head.addEventListener("click", sort);
    head.addEventListener("keydown", function (event) { if (event.key === "Enter") { sort(); } });
  });
});
