ALTER TABLE `objects` ADD `subject` text;
--> statement-breakpoint
UPDATE `objects` SET `subject` = (SELECT nullif(json_extract(`changes`.`body`, '$.involvedObject.uid'), '') FROM `changes` WHERE `changes`.`rv` = `objects`.`logged`) WHERE `resource` = 'events';
