import { Component, type ReactNode } from 'react';
import { Stage } from '../session/stage.tsx';
import { Button } from './parts.tsx';

type Props = { readonly children: ReactNode };
type State = { readonly isBroken: boolean };

/** What is shown instead of an empty page when the app itself fails. The error goes to the console by React. */
export class Broken extends Component<Props, State> {
  override state: State = { isBroken: false };

  static getDerivedStateFromError(): State {
    return { isBroken: true };
  }

  override render(): ReactNode {
    if (!this.state.isBroken) return this.props.children;
    return (
      <Stage
        title="This page failed"
        lead="The server does not answer, or we made a mistake. Nothing that was saved is lost."
      >
        <Button look="primary" onClick={() => window.location.reload()}>
          Load it again
        </Button>
      </Stage>
    );
  }
}
