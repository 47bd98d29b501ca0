import { createComponent } from '@lit/react';
import { defineRooms, type Table as Recipe, SamTable } from '@tenantree/widget/rooms';
import React from 'react';

defineRooms();

const Element = createComponent({ react: React, tagName: 'sam-table', elementClass: SamTable });

/** A list of one kind of things: the columns + acts that the elements have, too. */
export const Table = <Row,>({ recipe }: { readonly recipe: Recipe<Row> }) => <Element table={recipe} />;
