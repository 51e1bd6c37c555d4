// All of it, drawn once, and anew when the address or the width changes.
function show() {
  for (const each of tick) each();
  drawTable();
  card();
  compare();
  behind();
  drawPlanes();
}
window.addEventListener("hashchange", () => { read(); show(); });
let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (width === window.innerWidth) return;
  width = window.innerWidth;
  drawPlanes();
  look();
});
read();
show();
