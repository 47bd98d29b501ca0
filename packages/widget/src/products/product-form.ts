import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { wholeIn } from '../format/whole-number.ts';
import { icon } from '../icons/icon.ts';
import { CLOSE } from '../icons/icons.ts';
import { ARROW_DOWN, ARROW_UP, PLUS } from '../icons/list-icons.ts';
import { errorLine } from '../parts/error-line.ts';
import { selectField } from '../parts/select-field.ts';
import type { Texts } from '../strings/texts.ts';
import { isList, isObject, nameIn, textOf, type Value, valueAt } from './document.ts';
import type { Named } from './product-choices.ts';
import { bare, branchOf, entryWords, fieldsOf, fits, initial, placeIn, type Schema } from './schema.ts';

/** What a form is drawn with, and what can be done from it. */
export type Form = {
  readonly texts: Texts;
  /** As it is stored. */
  readonly kept: Value;
  /** What is wrong, by place. */
  readonly faults: ReadonlyMap<string, string>;
  readonly change: (place: string, value: Value) => void;
  /** Gives the focus to what has this id, once it is drawn. */
  readonly focus: (id: string) => void;
  readonly choices: (kind: string) => readonly Named[];
  /** What something is called that is named here. */
  readonly nameOf: (kind: string, id: string) => string;
  /** What leads to a product; nothing where there is no way. */
  readonly open: (kind: string, id: string) => TemplateResult | typeof nothing;
};

/** Longest list of values that are shown all at once. */
const FEW = 5;
/** Text of which there can be so much gets more room. */
const LONG = 5_000;
/** How what is typed into a field is asked for. */
const MODES: Readonly<Record<string, 'url' | 'email'>> = { uri: 'url', email: 'email' };
const PICKED = new Set(['date', 'time']);

/** By which a control is found: places have what ids of a page may not. */
export const controlId = (place: string): string => encodeURIComponent(place);

const target = (event: Event): HTMLInputElement => event.target as HTMLInputElement;

/** A field of a document, as its schema meets its value. */
type Control = { readonly schema: Schema; readonly value: Value; readonly place: string; readonly form: Form };

/** All fields of an object; what of it no schema knows stands at its end. @param left names that are drawn elsewhere */
export function drawFields(
  schema: Schema,
  value: Value,
  place: string,
  form: Form,
  left: readonly string[] = [],
): TemplateResult {
  const object = isObject(value) ? value : {};
  const unknown = Object.keys(object).filter((name) => !schema.properties?.[name]);
  const all = [...fieldsOf(schema), ...unknown.map((name) => [name, { title: name }] as const)];
  return html`<div class="fields">${all
    .filter(([name]) => !left.includes(name))
    .map(([name, field]) =>
      draw({ schema: bare(field), value: object[name], place: placeIn(place, name), form }),
    )}</div>`;
}

/** The control for one field. What fits none is shown as it is, and goes back unchanged. */
function draw(control: Control): TemplateResult | typeof nothing {
  const { schema, value, place, form } = control;
  const { type, items, properties, additionalProperties } = schema;
  if (schema.const !== undefined || place.endsWith('/id')) return nothing;
  if (schema.secret) return row(control, secret(control));
  if (!fits(schema, value)) return raw(control);
  if (schema.oneOf || properties) return several(control, inner(schema, value, place, form));
  if (schema.ref !== undefined) return row(control, picker(control, schema.ref));
  if (schema.enum) return choice(control, schema.enum);
  if (typeof additionalProperties === 'object') return row(control, record(control), 'wide');
  if (items) return list(control, bare(items));
  if (type === 'boolean' && !schema.nullable) return toggle(control);
  if (type === 'string' && schema.format !== 'date-time') return row(control, text(control));
  return type === 'number' || type === 'integer' ? row(control, number(control)) : raw(control);
}

/** A control below its title, with what helps and what is wrong. */
function row(control: Control, drawn: unknown, look: 'wide' | '' = ''): TemplateResult {
  const { schema, place } = control;
  return html`<div class="row ${schema.multiline ? 'wide' : look}"><label for=${controlId(place)}>${schema.title}</label>${drawn}${hints(control)}</div>`;
}

/** Several controls below one title. */
function several(control: Control, drawn: unknown, look = 'wide'): TemplateResult {
  return html`<fieldset class="row ${look}" id=${controlId(control.place)} tabindex="-1"><legend>${control.schema.title}</legend>${hints(control)}${drawn}</fieldset>`;
}

function hints({ schema: { help }, place, form: { faults } }: Pick<Control, 'schema' | 'place' | 'form'>): unknown {
  const fault = faults.get(place);
  const id = controlId(place);
  return html`${help ? html`<span class="hint" id="${id}-help">${help}</span>` : nothing}${fault === undefined ? nothing : errorLine(fault, `${id}-error`)}`;
}

type Typing = {
  readonly shown: string;
  readonly take: (said: string) => void;
  readonly type?: string;
  readonly mode?: string | undefined;
  readonly hint?: string | undefined;
  /** When it is taken: with every key, or when the field is left. */
  readonly on?: 'input' | 'change';
  /** Behind what is typed. */
  readonly unit?: unknown;
};

/** A field that something is typed into. */
function typing(
  { schema, place, form }: Control,
  { shown, take, type = 'text', mode, hint, on = 'input', unit }: Typing,
): TemplateResult {
  const { multiline, maxLength = 0, help } = schema;
  const id = controlId(place);
  const isWrong = form.faults.has(place);
  const wrong = isWrong ? 'true' : nothing;
  const described = isWrong ? `${id}-error` : help ? `${id}-help` : nothing;
  const change = (event: Event): void => {
    if (event.type === on) take(target(event).value);
  };
  return html`<div class="field ${isWrong ? 'invalid' : ''}">${
    multiline
      ? html`<textarea id=${id} dir="auto" rows=${maxLength > LONG ? 9 : 3} .value=${shown} aria-invalid=${wrong} aria-describedby=${described} @input=${change}></textarea>`
      : html`<input id=${id} dir="auto" type=${type} inputmode=${mode ?? nothing} autocomplete="new-password" placeholder=${hint ?? nothing} .value=${shown} aria-invalid=${wrong} aria-describedby=${described} @input=${change} @change=${change} />${unit}`
  }</div>`;
}

const notSet = ({ schema, form }: Control): string | undefined =>
  schema.nullable ? form.texts.say('productNotSet') : undefined;

function text(control: Control): TemplateResult {
  const { schema, value, place, form } = control;
  const { format = '', multiline, maxLength = 0, nullable } = schema;
  const shown = typeof value === 'string' ? value : '';
  const take = (said: string): void => form.change(place, said || (nullable ? null : ''));
  const type = PICKED.has(format) ? format : 'text';
  const { whole } = form.texts.numbers;
  return html`${typing(control, { shown, take, type, mode: MODES[format], hint: notSet(control) })}${multiline ? html`<span class="hint count">${whole(shown.length)} / ${whole(maxLength)}</span>` : nothing}`;
}

/** A number is typed as text: what is none stays to be read, and the server says what it has to be. */
function number(control: Control): TemplateResult {
  const { schema, value, place, form } = control;
  const { type, nullable, minimum, maximum = Number.MAX_SAFE_INTEGER, unit } = schema;
  const take = (said: string): void => {
    // Of others than whole numbers nobody knows whether 1.250 has thousands or decimals.
    const parsed = type === 'integer' ? (wholeIn(said) ?? Number.NaN) : Number(said.replace(',', '.'));
    const isNumber = said.trim() !== '' && Number.isFinite(parsed);
    form.change(place, isNumber ? parsed : said.trim() === '' && nullable ? null : said);
  };
  const isBound = minimum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  const write = (one: number): string => one.toLocaleString(form.texts.locale);
  return html`${typing(control, { shown: textOf(value), take, mode: 'decimal', hint: notSet(control), on: 'change', unit })}${isBound ? html`<span class="hint">${write(minimum)} – ${write(maximum)}</span>` : nothing}`;
}

function toggle(control: Control): TemplateResult {
  const { schema, value, place, form } = control;
  return html`<div class="row"><label class="check"><input id=${controlId(place)} type="checkbox" role="switch" .checked=${value === true} @change=${(event: Event) => form.change(place, target(event).checked)} />${schema.title}</label>${hints(control)}</div>`;
}

/** One of a few values stands beside the others, one of many is chosen from a list. */
function choice(control: Control, values: readonly string[]): TemplateResult {
  const { schema, value, place, form } = control;
  const options = [
    ...(schema.nullable ? [{ value: '', label: form.texts.say('productNotSet') }] : []),
    ...values.map((one) => ({ value: one, label: schema.labels?.[one] ?? one })),
  ];
  const chosen = textOf(value);
  const choose = (one: string): void => form.change(place, one || null);
  if (options.length > FEW) return row(control, selectField({ id: controlId(place), options, chosen, choose }));
  return several(
    control,
    html`<div class="segments">${options.map((one) => html`<label><input type="radio" name=${place} .checked=${chosen === one.value} @change=${() => choose(one.value)} /><span>${one.label}</span></label>`)}</div>`,
    '',
  );
}

/** Something else of the account, or somebody in it. */
function picker({ schema, value, place, form }: Control, kind: string): TemplateResult {
  const id = textOf(value);
  const rows = form.choices(kind);
  const present = rows.some((one) => one.id === id) || id === '' ? [] : [{ id, name: form.nameOf(kind, id) }];
  const none = { id: '', name: form.texts.say('productNotSet') };
  const options = [none, ...present, ...rows].map((one) => ({ value: one.id, label: one.name }));
  const choose = (chosen: string): void => form.change(place, chosen || (schema.nullable ? null : ''));
  return html`<div class="pick">${selectField({ id: controlId(place), options, chosen: id, choose })}${id === '' ? nothing : form.open(kind, id)}</div>`;
}

/** What is kept apart and never read back: that it is set, and what can be done about it. */
function secret(control: Control): TemplateResult {
  const { value, place, form } = control;
  const { say } = form.texts;
  const kept = valueAt(form.kept, place);
  const act = (words: string, next: Value): TemplateResult =>
    html`<button class="link" type="button" @click=${() => form.change(place, next)}>${words}</button>`;
  const isKept = isObject(value);
  const drawn =
    isKept || (value === null && isObject(kept))
      ? html`<span id=${controlId(place)} tabindex="-1">${say(isKept ? 'productSecretSet' : 'productSecretCleared')} ${isKept ? `••••${textOf(value['last4'])}` : ''}</span>`
      : typing(control, {
          shown: textOf(value),
          take: (said) => form.change(place, said || (isObject(kept) ? '' : undefined)),
          type: 'password',
        });
  return html`<div class="pick">${drawn}${isKept ? html`${act(say('productReplace'), '')}${act(say('productClear'), null)}` : isObject(kept) ? act(say('productKeep'), kept) : nothing}</div>`;
}

/** What is in an object; of a union first which branch it is of. */
function inner(schema: Schema, value: Value, place: string, form: Form): TemplateResult {
  const branch = branchOf(schema, value);
  if (!branch || !isObject(value)) return drawFields(schema, value, place, form);
  const typeOf = ({ properties }: Schema): string => textOf(properties?.['type']?.const);
  const options = (schema.oneOf ?? []).map((one) => ({
    value: typeOf(one),
    label: one.properties?.['type']?.title ?? '',
  }));
  const choose = (chosen: string): void => {
    const begun = initial(schema.oneOf?.find((one) => typeOf(one) === chosen) ?? branch);
    if (!isObject(begun)) return;
    // What both have stays as it was typed.
    const both = Object.entries(value).filter(([name]) => name !== 'type' && name in begun);
    form.change(place, { ...begun, ...Object.fromEntries(both) });
  };
  return html`${selectField({ name: 'type', label: form.texts.say('productType'), options, chosen: typeOf(branch), choose })}${drawFields(branch, value, place, form)}`;
}

function list(control: Control, entry: Schema): TemplateResult {
  const { value, place, form } = control;
  const values = isList(value) ? value : [];
  const add = (one: string): void => {
    if (one !== '' && !values.includes(one)) form.change(place, [...values, one]);
  };
  const change = (one: string) => (event: Event) =>
    target(event).checked ? add(one) : form.change(placeIn(place, String(values.indexOf(one))), undefined);
  if (entry.enum)
    return several(
      control,
      html`<div class="checks">${entry.enum.map((one) => html`<label class="check"><input type="checkbox" .checked=${values.includes(one)} @change=${change(one)} />${entry.labels?.[one] ?? one}</label>`)}</div>`,
    );
  const names = values.map((_, n) => String(n));
  if (entry.ref !== undefined) {
    const { ref } = entry;
    const rows = [{ id: '', name: form.texts.say('productAdd') }, ...form.choices(ref)];
    const options = rows.filter(({ id }) => !values.includes(id)).map(({ id, name }) => ({ value: id, label: name }));
    const drawn = lines(control, names, (name) => {
      const id = textOf(values[Number(name)]);
      return [form.nameOf(ref, id), form.open(ref, id)];
    });
    return several(
      control,
      html`${drawn}<div class="add">${selectField({ label: form.texts.say('productAdd'), options, chosen: '', choose: add })}</div>`,
    );
  }
  if (entry.type === 'string')
    return row(
      control,
      html`${lines(control, names, (name) => [textOf(values[Number(name)]), nothing])}${adder(control, add)}`,
      'wide',
    );
  return entry.oneOf || entry.properties?.['id'] ? several(control, entries(control, entry)) : raw(control);
}

/** Takes an entry out; the second click of a double click is not meant for the next one. */
const remover = (form: Form, place: string, name: string): TemplateResult =>
  html`<button class="x" type="button" aria-label="${form.texts.say('remove')}: ${name}" @click=${(event: MouseEvent) => event.detail > 1 || form.change(place, undefined)}>${icon(CLOSE, 14)}</button>`;

/** Values that are taken out one by one. @param drawn what a value is called, and what stands behind that */
function lines(
  { place, form }: Control,
  names: readonly string[],
  drawn: (name: string) => readonly [string, unknown],
): TemplateResult {
  return html`<ul class="lines">${repeat(
    names,
    (name) => name,
    (name) => {
      const at = placeIn(place, name);
      const [words, more] = drawn(name);
      return html`<li><bdi id=${more === nothing ? controlId(at) : nothing}>${words}</bdi>${more}${remover(form, at, words)}${hints({ schema: {}, place: at, form })}</li>`;
    },
  )}</ul>`;
}

/** Adds what was typed, with Enter or when the field is left. */
function adder(control: Control, add: (said: string) => void): TemplateResult {
  const take = (event: Event): void => {
    const said = target(event).value.trim();
    target(event).value = '';
    add(said);
  };
  return html`<div class="field add">${icon(PLUS, 14)}<input id=${controlId(control.place)} placeholder=${control.form.texts.say('productAdd')} @change=${take} /></div>`;
}

/** Text by name. */
function record(control: Control): TemplateResult {
  const { value, place, form } = control;
  const values = isObject(value) ? value : {};
  const add = (name: string): void => {
    if (name === '') return;
    if (!Object.hasOwn(values, name)) form.change(place, { ...values, [name]: '' });
    form.focus(controlId(placeIn(place, name)));
  };
  const drawn = lines(control, Object.keys(values), (name) => {
    const at = placeIn(place, name);
    const take = (said: string): void => form.change(at, said);
    return [
      name,
      typing({ schema: {}, value: undefined, place: at, form }, { shown: textOf(values[name]), take, hint: name }),
    ];
  });
  return html`${drawn}${adder(control, add)}`;
}

/** Entries that have ids: each opens in place, and is moved up and down. */
function entries({ value, place, form }: Control, entry: Schema): TemplateResult {
  const values = isList(value) ? value : [];
  const { say } = form.texts;
  const add = (): void => {
    const begun = initial(entry);
    form.change(place, [...values, begun]);
    form.focus(controlId(placeIn(place, nameIn(begun, values.length))));
  };
  const drawn = (one: Value, n: number): TemplateResult => {
    const at = placeIn(place, nameIn(one, n));
    const id = controlId(at);
    const name = entryWords(entry, one, (field, inside) => wordsOf(field, inside, form)) || String(n + 1);
    const move = (words: string, path: string, to: number): TemplateResult => {
      const swap = (): void => {
        const moved = [...values];
        if (values[to] === undefined) return;
        [moved[n], moved[to]] = [values[to], one ?? null];
        form.change(place, moved);
        form.focus(id + words);
      };
      return html`<button class="x" type="button" id=${id + words} aria-label="${words}: ${name}" aria-disabled=${String(values[to] === undefined)} @click=${swap}>${icon(path, 14)}</button>`;
    };
    return html`<li><details><summary id=${id}><bdi>${name}</bdi></summary><div class="entry">${hints({ schema: {}, place: at, form })}${inner(entry, one, at, form)}</div></details>
    <span class="acts add">${move(say('productUp'), ARROW_UP, n - 1)}${move(say('productDown'), ARROW_DOWN, n + 1)}${remover(form, at, name)}</span></li>`;
  };
  return html`<ol class="entries">${repeat(values, nameIn, drawn)}</ol><button class="button add" type="button" @click=${add}>${say('productAdd')}</button>`;
}

/** What a value of a field is called in one line. */
export function wordsOf(schema: Schema, value: Value, { texts, nameOf }: Pick<Form, 'texts' | 'nameOf'>): string {
  if (value === undefined || value === null || value === '') return '';
  if (typeof value === 'boolean') return texts.say(value ? 'productYes' : 'productNo');
  if (typeof value !== 'string') return JSON.stringify(value);
  if (schema.ref !== undefined) return nameOf(schema.ref, value);
  return schema.format === 'date-time' ? texts.numbers.dateTime(value) : (schema.labels?.[value] ?? value);
}

/** What nothing can be typed into. */
const raw = (control: Control): TemplateResult =>
  html`<div class="row" id=${controlId(control.place)} tabindex="-1"><span class="label">${control.schema.title ?? control.place}</span><pre>${wordsOf(control.schema, control.value, control.form) || '–'}</pre>${hints(control)}</div>`;
