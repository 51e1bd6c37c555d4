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
if (!HAS_ADDRESS)
  at("held").textContent = "Here, within a report, nothing is kept of what is chosen. The page of the study, "
    + "explore.html among its results, has an address that holds all that is shown, to be sent or kept.";
read();
show();
