'use strict';

// One purchase is one key: pressing Buy again after a failure sends the same key, so that nobody pays twice.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function buy(form, key) {
  const answer = await fetch(form.dataset.purchase, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Accept': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify({ name: form.elements.name.value.trim(), quantity: Number(form.elements.quantity.value) }),
  });
  return { status: answer.status, body: await answer.json() };
}

function showOrder(result, order) {
  const link = document.createElement('a');
  link.href = '/orders/' + encodeURIComponent(order.order_id);
  link.textContent = 'See your order.';
  result.replaceChildren('Thank you, ' + order.name + ': ' + order.message + '. ', link);
}

for (const form of document.querySelectorAll('form[data-purchase]')) {
  const button = form.querySelector('button');
  const result = form.querySelector('.result');
  let key = newKey();
  button.disabled = false;

  // Another name or number is another purchase.
  form.addEventListener('input', () => { key = newKey(); });

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    result.textContent = 'Buying…';
    try {
      const { status, body } = await buy(form, key);
      if (status === 200) {
        showOrder(result, body);
      } else {
        result.textContent = body.detail || body.title;
      }
      // 409, 429 and 5xx decide nothing: the next try keeps the key. What was decided is done with it.
      if (status < 500 && status !== 409 && status !== 429) key = newKey();
    } catch {
      result.textContent = 'The store could not be reached. Press Buy again: you will not pay twice.';
    }
    button.disabled = false;
  });
}
