const manager = document.querySelector('subaccount-manager');
const notice = document.querySelector('.notice');
const title = document.querySelector('h1');
const back = document.querySelector('.back');
const everyone = { account: manager.getAttribute('account'), name: title.textContent };

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

// which customer is shown is the portal's business: it stands in the address, so that Back works
const show = ({ account, name }) => {
  manager.account = account;
  title.textContent = name;
  document.title = `${name} · Northwind Voice`;
  back.hidden = account === everyone.account;
};
const enter = ({ detail }) => {
  const place = { account: detail.account.id, name: detail.account.name };
  history.pushState(place, '', `#${place.account}`);
  show(place);
};
manager.addEventListener('sam-switch', enter);
manager.addEventListener('sam-open', enter);
addEventListener('popstate', ({ state }) => show(state ?? everyone));
if (history.state?.account) show(history.state);

manager.addEventListener('sam-ready', () => tell(''));
manager.addEventListener('sam-session-expired', () => tell('You have been signed out. Reload the page to go on.'));
