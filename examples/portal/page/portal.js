const manager = document.querySelector('subaccount-manager');
const notice = document.querySelector('.notice');

/** @param {string} text empty when there is nothing to say */
const tell = (text) => {
  notice.textContent = text;
  notice.hidden = text === '';
};

// our own server knows who is signed in here and gets the token; it lives in memory only
manager.getToken = async () => {
  const response = await fetch('/session', { method: 'POST' });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer.token;
};

manager.addEventListener('sam-ready', () => tell(''));
manager.addEventListener('sam-session-expired', () => tell('You have been signed out. Reload the page to go on.'));
manager.addEventListener('sam-error', ({ detail }) => tell(detail.retryable ? '' : detail.message));
