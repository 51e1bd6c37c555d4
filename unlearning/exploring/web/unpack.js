// What is packed in the page, by gzip: the library, which becomes a script here, runs and margins.
async function unpack(script) {
  const bytes = Uint8Array.from(atob(script.textContent), letter => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
if (!window.DecompressionStream) {
  document.getElementById("note").textContent = "This page needs a browser of 2023 or later; the same numbers are in scores.csv, which snakemake scores writes.";
  return;
}
const scripts = [...document.querySelectorAll("script[data-set]")];
const [library, scores, ...unpacked] = await Promise.all(
  [...["library", "runs"].map(id => document.getElementById(id)), ...scripts].map(unpack));
const bytesOf = new Map(scripts.map((script, place) => [script.dataset.set, unpacked[place]]));
document.head.append(Object.assign(document.createElement("script"), { textContent: new TextDecoder().decode(library) }));
