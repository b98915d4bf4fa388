;;; Used as a user would use it: docs/editors/emacs is on `load-path', and Eglot is asked for what its commands do. -*- lexical-binding: t -*-
(require 'package)
(package-initialize)            ; finds Debian's packages
(require 'cl-lib)

(defun check (ok form &rest rest)
  (princ (concat (if ok "ok - " "FAIL - ") (apply #'format form rest) "\n"))
  (unless ok
    (princ (with-current-buffer "*Messages*" (buffer-string)))
    (kill-emacs 1)))

(defun eventually (text condition)
  (with-timeout (60) (while (not (funcall condition)) (accept-process-output nil 0.05)))
  (check (funcall condition) text))

(defun found (part)
  "The diagnostic whose text has PART; what an idle Emacs does by itself is done here."
  (dolist (buffer (eglot--managed-buffers (eglot-current-server)))
    (with-current-buffer buffer (eglot--signal-textDocument/didChange)))
  (flymake-start)
  (seq-find (lambda (each) (string-match-p part (flymake-diagnostic-text each))) (flymake-diagnostics)))

(defun choose (part diagnostic)
  "Pick the action whose title has PART where DIAGNOSTIC stands, as `M-x eglot-code-actions' has it picked."
  (let ((last-nonmenu-event ?x))
    (cl-letf (((symbol-function 'completing-read)
               (lambda (_prompt items &rest _)
                 (let ((title (seq-find (lambda (each) (string-prefix-p part each)) (mapcar #'car items))))
                   (check title "offered: %s" (mapconcat #'car items "; "))
                   title)))
              ((symbol-function 'y-or-n-p)
               (lambda (prompt) (princ (format "asked: %s\n" prompt)) t)))
      (goto-char (flymake-diagnostic-beg diagnostic))
      (eglot-code-actions (flymake-diagnostic-beg diagnostic) (flymake-diagnostic-end diagnostic) nil t))))

(defun in-project (path) (expand-file-name path (getenv "PROJECT")))

(require 'cucurbit-eglot)
(setq eglot-autoshutdown t eglot-sync-connect 30 flymake-no-changes-timeout 0.1)
(let ((backup-inhibited t)
      (auto-save-default nil)
      (create-lockfiles nil))
  (find-file (in-project "app/models_extra.py"))
  (let ((buffer (current-buffer)))
    (apply #'eglot (eglot--guess-contact))
    (check (eglot-current-server) "connected")
    (check (equal (cucurbit--root) (getenv "PROJECT")) "the root is %s" (cucurbit--root))
    (eventually "the finding is shown" (lambda () (found "Autogenerate misses 2 tables")))
    (let ((diagnostic (found "Autogenerate misses 2 tables")))
      (check (= 9 (line-number-at-pos (flymake-diagnostic-beg diagnostic))) "on line 9")
      (check (string-match-p "alembic/env.py:6: " (flymake-diagnostic-text diagnostic)) "with its chain")

      (save-window-excursion
        (cucurbit-timeline "app.main_simple:app")
        (check (string-match-p "energy_events" (buffer-string)) "the timeline is shown"))
      (let (page)
        (cl-letf (((symbol-function 'browse-url-of-file) (lambda (file) (setq page file))))
          (cucurbit-timeline-page))
        (check (> (file-attribute-size (file-attributes page)) 1000) "the timeline page is shown"))

      (choose "Create app/models_all.py importing 3 model modules and route" diagnostic))
    (eventually "the aggregator is created" (lambda () (file-exists-p (in-project "app/models_all.py"))))
    (eventually "the finding is gone" (lambda () (not (found "Autogenerate misses"))))
    (save-some-buffers t)

    (find-file (in-project "app/models_domain.py"))
    (eventually "findings of another file" (lambda () (found "reserved name")))
    (choose "Rename Payout.metadata to metadata_" (found "reserved name"))
    (eventually "that finding is gone" (lambda () (not (found "reserved name"))))
    (save-buffer)
    (with-current-buffer buffer (eglot-shutdown (eglot-current-server)))))
