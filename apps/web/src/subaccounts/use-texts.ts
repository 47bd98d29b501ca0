import { defaultTexts, loadTexts, type Texts } from '@tenantree/widget';
import { useEffect, useState } from 'react';

/** The words of the elements in the language of the browser. */
export function useTexts(): Texts {
  const [texts, setTexts] = useState(defaultTexts);
  useEffect(() => {
    let isCurrent = true;
    void loadTexts(navigator.language).then((loaded) => {
      if (isCurrent) setTexts(loaded);
    });
    return () => {
      isCurrent = false;
    };
  }, []);
  return texts;
}
