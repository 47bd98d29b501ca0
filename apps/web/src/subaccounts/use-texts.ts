import { defaultTexts, loadTexts, type Texts } from '@tenantree/widget';
import { useEffect, useState } from 'react';

/** The words of the elements in the language of the browser. */
export function useTexts(): Texts {
  const [texts, setTexts] = useState(defaultTexts);
  useEffect(() => {
    let isCurrent = true;
    const load = async (): Promise<void> => {
      const loaded = await loadTexts(navigator.language);
      if (isCurrent) setTexts(loaded);
    };
    void load();
    return () => {
      isCurrent = false;
    };
  }, []);
  return texts;
}
