;;; cucurbit-project.el --- Roots of projects for Cucurbit  -*- lexical-binding: t -*-

;; Both cucurbit-eglot.el and cucurbit-lsp-mode.el need this beside them.

;;; Code:

(require 'project)
(require 'seq)

(defun cucurbit-project (folder)
  "A project for FOLDER where version control knows none: the nearest folder that Cucurbit takes for a root."
  (let ((root (locate-dominating-file
               folder
               (lambda (each)
                 (seq-some (lambda (name) (file-exists-p (expand-file-name name each)))
                           '("pyproject.toml" "cucurbit.toml" "alembic.ini"))))))
    (and root (cons 'transient (expand-file-name root)))))

(add-hook 'project-find-functions #'cucurbit-project t)

(provide 'cucurbit-project)
;;; cucurbit-project.el ends here
