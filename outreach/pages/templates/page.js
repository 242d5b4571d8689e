"use strict";
(() => {
  const by = (selector, from = document) => Array.from(from.querySelectorAll(selector));

  // Copying: the text of the element, exactly; an older browser gets it by way of a field that is thrown away.
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const field = document.createElement("textarea");
      field.value = text;
      field.readOnly = true;
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      return done;
    }
  };
  for (const button of by("button[data-copy]")) {
    const words = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const done = await copy(document.getElementById(button.dataset.copy).textContent);
      button.focus();
      button.textContent = done ? "Copied" : "Not copied: select the text";
      setTimeout(() => { button.textContent = words; }, 2500);
    });
  }

  // The filter shows the people who fit all that is chosen.
  const form = document.querySelector("form.filter");
  if (form) {
    const people = by(".person");
    const told = form.querySelector("output");
    const fits = (person, field) => !field.value || (field.type === "search"
      ? person.querySelector("header").textContent.toLowerCase().includes(field.value.trim().toLowerCase())
      : (person.dataset[field.name] || "").split(" ").includes(field.value));
    const show = () => {
      const fields = by("select, input", form);
      let count = 0;
      for (const person of people) {
        person.hidden = !fields.every((field) => fits(person, field));
        count += person.hidden ? 0 : 1;
      }
      told.textContent = `${count} of ${people.length} people`;
    };
    form.addEventListener("input", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    show();
  }

  // The clock of each person, as of now.
  for (const place of by("[data-zone]")) {
    try {
      const clock = { timeZone: place.dataset.zone, weekday: "short", hour: "numeric", minute: "2-digit" };
      place.textContent = `, now ${new Intl.DateTimeFormat(undefined, clock).format(new Date())}`;
    } catch {
      place.textContent = "";
    }
  }

  // What is folded is printed too, and folded again afterwards.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = by("details:not([open])");
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });
})();
