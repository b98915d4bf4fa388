;;; cucurbit-eglot.el --- Cucurbit for Eglot  -*- lexical-binding: t -*-

;; The language server for SQLAlchemy and Alembic projects.  Goes to a folder of `load-path', with
;; cucurbit-project.el; then in init.el:
;;   (require 'cucurbit-eglot)
;; and M-x eglot in a Python buffer.

;;; Code:

(require 'cucurbit-project)
(require 'eglot)

(defgroup cucurbit nil "Cucurbit, for SQLAlchemy and Alembic projects." :group 'tools)

(defcustom cucurbit-command '("cucurbit" "serve")
  "The command that starts the server."
  :type '(repeat string))

(dolist (mode '(python-mode python-ts-mode))
  (add-to-list 'eglot-server-programs (cons mode (lambda (&rest _) cucurbit-command))))

(defun cucurbit--execute (command &rest target)
  "Run the server's COMMAND with the plist TARGET and return its result."
  (jsonrpc-request (or (eglot-current-server) (user-error "Cucurbit is not running here: use M-x eglot"))
                   :workspace/executeCommand
                   (list :command command :arguments (vector target))
                   :timeout 60))

(defun cucurbit--uri ()
  "The URI of this buffer's file."
  (plist-get (eglot--TextDocumentIdentifier) :uri))

(defun cucurbit--root ()
  "The folder of this buffer's project."
  (directory-file-name (expand-file-name (cdr (eglot--project (eglot-current-server))))))

(defun cucurbit--told (result)
  "Say what RESULT, of a command that changes files, came to."
  (if (eq (plist-get result :applied) t)
      (message "Cucurbit: %s" (plist-get result :title))
    (message "Cucurbit: %s" (plist-get result :reason))))

(defun cucurbit-timeline (entry)
  "Show the timeline of the entry point ENTRY; of all of them if it is empty."
  (interactive "sEntry point (empty for all): ")
  (let ((text (apply #'cucurbit--execute "cucurbit.showTimeline"
                     (append (list :root (cucurbit--root)) (unless (string-empty-p entry) (list :entry entry))))))
    (with-current-buffer (get-buffer-create "*cucurbit timeline*")
      (let ((inhibit-read-only t))
        (erase-buffer)
        (insert text)
        (goto-char (point-min)))
      (special-mode)
      (pop-to-buffer (current-buffer)))))

(defun cucurbit-timeline-page ()
  "Open the timelines that execute this file in the browser."
  (interactive)
  (let ((page (cucurbit--execute "cucurbit.timelinePage" :uri (cucurbit--uri) :show :json-false)))
    (let ((file (make-temp-file "cucurbit-" nil ".html" (plist-get page :html))))
      (browse-url-of-file file))))

(defun cucurbit-create-aggregator ()
  "Create the aggregator and route env.py through it."
  (interactive)
  (cucurbit--told (cucurbit--execute "cucurbit.createAggregator" :uri (cucurbit--uri))))

(defun cucurbit-route-imports ()
  "Route the imports of this file through the aggregator."
  (interactive)
  (cucurbit--told (cucurbit--execute "cucurbit.routeImports" :uri (cucurbit--uri))))

(defun cucurbit-restart ()
  "Read and simulate everything anew."
  (interactive)
  (cucurbit--execute "cucurbit.restartAnalysis"))

(provide 'cucurbit-eglot)
;;; cucurbit-eglot.el ends here
