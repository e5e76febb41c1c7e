"use strict";

const choice = document.getElementById("surface");
const named = location.hash.slice(1);
for (const option of choice.options) {
  if (option.dataset.name === named) option.selected = true;
}

const ui = SwaggerUIBundle({
  url: choice.value,
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: false,
  validatorUrl: null,
});

function show() {
  document.getElementById("document").href = choice.value;
  history.replaceState(null, "", "#" + choice.selectedOptions[0].dataset.name);
  ui.specActions.updateUrl(choice.value);
  ui.specActions.download(choice.value);
}

document.getElementById("document").href = choice.value;
choice.addEventListener("change", show);
