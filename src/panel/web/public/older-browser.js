// The only script that every browser can read, in the words of 2009 (ECMAScript 5): one that cannot run the page gets words instead of
// an empty screen.
// No modules (Chromium before 61), or no dialogs (Firefox before 98, Safari before 15.4): an alarm could not be shown.
(function () {
  var hasModules = "noModule" in document.createElement("script");
  var hasDialogs = typeof HTMLDialogElement === "function" && "showModal" in HTMLDialogElement.prototype;
  if (hasModules && hasDialogs) return;
  var words = document.createElement("div");
  words.setAttribute("role", "alert");
  words.style.cssText = "max-width:32em;margin:12vh auto;padding:0 20px;font:18px/1.8 sans-serif";
  var title = document.createElement("h1");
  title.style.cssText = "margin:0 0 0.6em;font-size:24px";
  title.appendChild(document.createTextNode("浏览器太旧，打不开村哨"));
  var advice = document.createElement("p");
  advice.appendChild(
    document.createTextNode(
      "请换成近几年的谷歌浏览器、微软 Edge、360 极速浏览器（极速模式）或手机自带的浏览器，再打开这个地址。报警和喇叭照常工作，不受影响。"
    )
  );
  var english = document.createElement("p");
  english.setAttribute("lang", "en");
  english.style.cssText = "margin:1em 0 0;font-size:16px";
  english.appendChild(
    document.createTextNode(
      "This browser is too old. Use Chrome 87, Edge 88, Firefox 98, Safari 15.4 or newer."
    )
  );
  words.appendChild(title);
  words.appendChild(advice);
  words.appendChild(english);
  var app = document.getElementById("app");
  app.parentNode.replaceChild(words, app);
})();
