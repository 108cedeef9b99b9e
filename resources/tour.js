// The guided tour, in the format of Node-RED's own tours. Plain JavaScript: the editor imports it as it stands.

/** The first of these that is to be seen; else the whole editor, so that a step is never without its place. */
const firstOf =
  (...selectors) =>
  () =>
    selectors.map((selector) => $(`${selector}:visible`).first()).find(({ length }) => length > 0) ??
    $('.red-ui-editor');

// By our own catalogue: the editor's language falls back to English where Node-RED itself has no catalogue.
const isArabic = RED._('@shelfwire/node-red-shelfwire/shelfwire:direction') === 'rtl';
const text = (english, arabic) => (isArabic ? arabic : english);
const body = (english, arabic) => (isArabic ? `<div dir="rtl" style="text-align: right">${arabic}</div>` : english);

const showNodes = (done) => {
  const palette = $('#red-ui-palette-container');
  const ours = $('#red-ui-palette-container-shelfwire');
  // Only the palette: a scroll that is asked of the browser moves the whole page.
  if (ours.length > 0) palette.scrollTop(palette.scrollTop() + ours.offset().top - palette.offset().top);
  setTimeout(done, 100);
};

const showSidebar = (done) => {
  RED.sidebar.show('shelfwire');
  // Until the sidebar has its width, what it holds has no place.
  setTimeout(done, 300);
};

export default {
  steps: [
    {
      titleIcon: 'fa fa-shopping-basket',
      title: text('Welcome to Shelfwire', 'مرحبًا بك في Shelfwire'),
      description: body(
        '<p>Shelfwire carries stock and prices from your shops to the platforms that sell for you. It never loses, reverses or invents a number.</p><p>Five steps, one minute.</p>',
        '<p>ينقل Shelfwire المخزون والأسعار من متاجرك إلى المنصات التي تبيع لك. لا يفقد رقمًا ولا يعيده إلى الوراء ولا يختلقه.</p><p>خمس خطوات، دقيقة واحدة.</p>',
      ),
    },
    {
      prepare: showNodes,
      element: firstOf('#red-ui-palette-container', '#red-ui-palette', '#red-ui-workspace'),
      direction: 'right',
      width: 320,
      title: text('The nodes', 'العقد'),
      description: body(
        '<p>Green nodes take changes in: from Paradigm, MiPOS, scanners or a price feed, into the ledger. Sand-coloured nodes send what changed to the platform.</p><p>Double-click a node to see its settings. The book below them opens its help.</p>',
        '<p>العقد الخضراء تستقبل التغييرات من Paradigm أو MiPOS أو الماسحات أو ملف الأسعار إلى سجل المخزون. والعقد الرملية ترسل ما تغيّر إلى المنصة.</p><p>انقر العقدة مرتين لترى إعداداتها. ويفتح الكتاب أسفلها المساعدة.</p>',
      ),
    },
    {
      prepare: showSidebar,
      element: firstOf('.shelfwire-sidebar', '#red-ui-sidebar'),
      direction: 'left',
      width: 320,
      title: text('Your outlets', 'منافذ البيع'),
      description: body(
        '<p>Each shop has a row: connected or not, what waits, the last success. Test its connection, push now, or pause it: nothing is lost meanwhile.</p>',
        '<p>لكل متجر صف: متصل أم لا، وما ينتظر، وآخر نجاح. اختبر الاتصال، أو أرسل الآن، أو أوقفه مؤقتًا: لا يضيع شيء في الأثناء.</p>',
      ),
    },
    {
      prepare: showSidebar,
      element: firstOf('.shelfwire-sidebar', '#red-ui-sidebar'),
      direction: 'left',
      width: 320,
      title: text('When something is wrong', 'عند حدوث مشكلة'),
      description: body(
        '<p>Problems are listed here, each with the step that solves it. A number on the tab says how many there are. An outage needs nothing from you: what waits is sent by itself.</p>',
        '<p>تظهر المشكلات هنا، مع الخطوة التي تحل كلًّا منها. ويبيّن رقم على اللسان عددها. انقطاع المنصة لا يحتاج منك شيئًا: ما ينتظر يُرسل تلقائيًّا.</p>',
      ),
    },
    {
      titleIcon: 'fa fa-upload',
      title: text('Changing something', 'عند التغيير'),
      description: body(
        '<p>A change counts after Deploy. A node with a red triangle would drop or hold something: point at it to read what and why. Where a thing can be tried first, its dialog has a Test button.</p>',
        '<p>يسري التغيير بعد النشر. والعقدة التي عليها مثلث أحمر ستُسقط شيئًا أو تحتجزه: أشر إليها لتقرأ ما هو ولماذا. وما يمكن تجربته أولًا فله زر «اختبار» في إعداداته.</p>',
      ),
    },
  ],
};
