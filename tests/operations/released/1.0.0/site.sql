BEGIN TRANSACTION;
CREATE TABLE "_yoyo_log" (
            "id" VARCHAR(36),
            "migration_hash" VARCHAR(64),
            "migration_id" VARCHAR(255),
            "operation" VARCHAR(10),
            "username" VARCHAR(255),
            "hostname" VARCHAR(255),
            "comment" VARCHAR(255),
            "created_at_utc" TIMESTAMP,
            PRIMARY KEY ("id")
        );
INSERT INTO "_yoyo_log" VALUES('cf8bd834-ecda-11f1-a54d-02fc00000001','59b2424b5316d4454a7550ed074b1a03896edd5873ecf0423d7f998626b6ecec','0001_accounts','mark','root','localhost',NULL,'2026-11-30 16:26:35.427882');
INSERT INTO "_yoyo_log" VALUES('cf8c9440-ecda-11f1-a54d-02fc00000001','cdb402300b7b98d26101adc4983e2d6c1ed712cade59363527ff17b03066c464','0002_rooms','mark','root','localhost',NULL,'2026-11-30 16:26:35.431927');
INSERT INTO "_yoyo_log" VALUES('cf8cd9be-ecda-11f1-a54d-02fc00000001','3000066a1172b316f15430f2dfbc2c0f541550a3e4179975111ebb34d7f484c7','0003_long_lists','mark','root','localhost',NULL,'2026-11-30 16:26:35.433686');
INSERT INTO "_yoyo_log" VALUES('cf8d1f0a-ecda-11f1-a54d-02fc00000001','c6113a734528d8a7a349d2f012834ebae1fbb4a909b74df9fce83356a25f09db','0004_standings_seq','mark','root','localhost',NULL,'2026-11-30 16:26:35.435459');
INSERT INTO "_yoyo_log" VALUES('cf8d7e96-ecda-11f1-a54d-02fc00000001','b76c6a8f3fce1914e21a25fa2cda184c7e27770e4d66ab35a9d7fb0a7bb1826a','0005_changing_messages','mark','root','localhost',NULL,'2026-11-30 16:26:35.437904');
INSERT INTO "_yoyo_log" VALUES('cf8dc18a-ecda-11f1-a54d-02fc00000001','d80be54dc6292713d819765ed47c5fcddee044dd2509fd23b166eb350f82acd3','0006_mentions','mark','root','localhost',NULL,'2026-11-30 16:26:35.439613');
INSERT INTO "_yoyo_log" VALUES('cf8df984-ecda-11f1-a54d-02fc00000001','7be0e5244540db28ca79f441ebc4565cc0e6c100cf1078139471b4e4daf2d5f0','0007_conversations','mark','root','localhost',NULL,'2026-11-30 16:26:35.441042');
INSERT INTO "_yoyo_log" VALUES('cf8e2f9e-ecda-11f1-a54d-02fc00000001','c2e4dc4933e9036c828bee12cde2b2a6092cec2128d06e027c20dcdd07aa4f3d','0008_pins','mark','root','localhost',NULL,'2026-11-30 16:26:35.442428');
INSERT INTO "_yoyo_log" VALUES('cf8e6b30-ecda-11f1-a54d-02fc00000001','defcf719cb539657c8d903c237333ce8d3badd132cb55e8fde49ea0b898be341','0008_statuses','mark','root','localhost',NULL,'2026-11-30 16:26:35.443951');
INSERT INTO "_yoyo_log" VALUES('cf8eb932-ecda-11f1-a54d-02fc00000001','51719cc4f1daf9f5c5d660adf8d23f31b81c98c996979bfc90de0d65219c7388','0010_profiles','mark','root','localhost',NULL,'2026-11-30 16:26:35.445949');
INSERT INTO "_yoyo_log" VALUES('cf8ef4ec-ecda-11f1-a54d-02fc00000001','9417c37b8be64ff1b8e47f1b63dc2aa31ee2f51ddbb700f91e42bceea5bcd5db','0010_pictures','mark','root','localhost',NULL,'2026-11-30 16:26:35.447479');
INSERT INTO "_yoyo_log" VALUES('cf8f44e2-ecda-11f1-a54d-02fc00000001','9ddbeed94085332bd04e6f32c4dbb267afd5008cfe5ec3cbf8b1ef2cb53f3bc8','0010_devices','mark','root','localhost',NULL,'2026-11-30 16:26:35.449527');
INSERT INTO "_yoyo_log" VALUES('cf8f8772-ecda-11f1-a54d-02fc00000001','fca1cafe5930b2382baf076a5feed7b2ab0d0a9d7b423294b9759e8268db6a07','0011_following','mark','root','localhost',NULL,'2026-11-30 16:26:35.451230');
INSERT INTO "_yoyo_log" VALUES('cf8fdcd6-ecda-11f1-a54d-02fc00000001','8f065a30edf877d67846ff89e7ede32d78c11876894e154977326d5feae9a6be','0012_feed','mark','root','localhost',NULL,'2026-11-30 16:26:35.453416');
INSERT INTO "_yoyo_log" VALUES('cf903f28-ecda-11f1-a54d-02fc00000001','1407e9df2cf2662552c5ce38af1b6957808847b1ba835c491ae9068b405555cd','0013_leaving','mark','root','localhost',NULL,'2026-11-30 16:26:35.455933');
INSERT INTO "_yoyo_log" VALUES('cf909f18-ecda-11f1-a54d-02fc00000001','ec8d88e5f05bc9452c10a50d1564acbbb15ab18fc56c58cc7fd92ee5b48a8fc5','0014_privacy','mark','root','localhost',NULL,'2026-11-30 16:26:35.458389');
INSERT INTO "_yoyo_log" VALUES('cf90d9ba-ecda-11f1-a54d-02fc00000001','3b043e21811511702ca2d7aa90e2bc3912c47953b5a980191cad7fcf2ef54c4d','0015_ended_sessions','mark','root','localhost',NULL,'2026-11-30 16:26:35.459888');
INSERT INTO "_yoyo_log" VALUES('cf912ee2-ecda-11f1-a54d-02fc00000001','6403f80a35b8143c81d418169dab5f7207240dea07e2dcb62b1af50e1bacf8c8','0016_post_pictures','mark','root','localhost',NULL,'2026-11-30 16:26:35.462069');
INSERT INTO "_yoyo_log" VALUES('cf916f56-ecda-11f1-a54d-02fc00000001','f7ad3fecc44baf8722f2dd7b13e0490e0d21c3d473462bd3df81aa47f5d9dc5a','0017_deleted_posts','mark','root','localhost',NULL,'2026-11-30 16:26:35.463718');
INSERT INTO "_yoyo_log" VALUES('cf91aeb2-ecda-11f1-a54d-02fc00000001','8b3b37338138b386511149c3e3f6c23c50c4b25071988ed3ab1bb6dd0ce32c19','0018_session_secrets','mark','root','localhost',NULL,'2026-11-30 16:26:35.465339');
INSERT INTO "_yoyo_log" VALUES('cf91e5d0-ecda-11f1-a54d-02fc00000001','db2ca4bc9db9ab130eb47e8b7b1874f385bd02cba5dde8b0663d2b5c536e4c29','0020_purge','mark','root','localhost',NULL,'2026-11-30 16:26:35.466751');
INSERT INTO "_yoyo_log" VALUES('cf9220cc-ecda-11f1-a54d-02fc00000001','487f70bde770d8e2b97d76eb883a67c979c27a99f9833d340803729a76c952bc','0021_shared_addresses','mark','root','localhost',NULL,'2026-11-30 16:26:35.468260');
INSERT INTO "_yoyo_log" VALUES('cf925cea-ecda-11f1-a54d-02fc00000001','a73fe824de9c3abceaeadd47e4ccf6aca182c82f450f7cb3cb1069bcb26bf3ce','0022_kicks','mark','root','localhost',NULL,'2026-11-30 16:26:35.469799');
INSERT INTO "_yoyo_log" VALUES('cf929c28-ecda-11f1-a54d-02fc00000001','e57e36a553139a0431fc552daf72bf2035a67b33556e1a3e330efeec0089652e','0023_invitations','mark','root','localhost',NULL,'2026-11-30 16:26:35.471420');
INSERT INTO "_yoyo_log" VALUES('cf92fd94-ecda-11f1-a54d-02fc00000001','56495d71f8f07ad2c3a8d73a3e074372453eb3590bdd22f003210bdc38bcb600','0024_room_titles','mark','root','localhost',NULL,'2026-11-30 16:26:35.473913');
INSERT INTO "_yoyo_log" VALUES('cf934ae2-ecda-11f1-a54d-02fc00000001','2dfffd9c782d1681bcf7f46a79c21e8ee608c0463b269e76abf4f81525223e4a','0026_display_names','mark','root','localhost',NULL,'2026-11-30 16:26:35.475893');
INSERT INTO "_yoyo_log" VALUES('cf938fc0-ecda-11f1-a54d-02fc00000001','3175cb66b5954996d7afb08054eb43f2f51f0c41abd3ce74a37ad72f88f002a7','0027_group_mentions','mark','root','localhost',NULL,'2026-11-30 16:26:35.477655');
INSERT INTO "_yoyo_log" VALUES('cf93c77e-ecda-11f1-a54d-02fc00000001','09e548dcc4f92f64601b115684fae501b0b8a1df20158d1e298718a8afd72dbf','0028_looks','mark','root','localhost',NULL,'2026-11-30 16:26:35.479080');
INSERT INTO "_yoyo_log" VALUES('cf940414-ecda-11f1-a54d-02fc00000001','bda903cb8fae3db1662e1f00fb7e46e122ec77764171b26682af47aad8dc452d','0029_read_marks_back','mark','root','localhost',NULL,'2026-11-30 16:26:35.480632');
INSERT INTO "_yoyo_log" VALUES('cf9447e4-ecda-11f1-a54d-02fc00000001','2d5b28f06a74b84ad53145478b50d5406dbcbb1d761628655f166e5ff27a237c','0030_site_presence','mark','root','localhost',NULL,'2026-11-30 16:26:35.483601');
INSERT INTO "_yoyo_log" VALUES('cf94f45a-ecda-11f1-a54d-02fc00000001','72ffd88d32ac45902f926aacab81ad7a0a0085ae3bef3f595f242a5230fda20b','0031_acts','mark','root','localhost',NULL,'2026-11-30 16:26:35.486788');
INSERT INTO "_yoyo_log" VALUES('cf954f04-ecda-11f1-a54d-02fc00000001','af798359a7f1c8233e7e249f8e249cefc8da79b01d15571cedb5f9aa8ea8ef7f','0033_feed_undo','mark','root','localhost',NULL,'2026-11-30 16:26:35.489109');
INSERT INTO "_yoyo_log" VALUES('cf95abfc-ecda-11f1-a54d-02fc00000001','d3b3f5ba5c2945f0f71b235683094d1c6e2add16b07557a55fe15253bf1361a5','0034_reports','mark','root','localhost',NULL,'2026-11-30 16:26:35.491488');
INSERT INTO "_yoyo_log" VALUES('cf95fd00-ecda-11f1-a54d-02fc00000001','0c23bb1f32d4230928fcfd1ca36a2d700d4a364ebd2ad23febc120d7a192f781','0035_filters','mark','root','localhost',NULL,'2026-11-30 16:26:35.493564');
INSERT INTO "_yoyo_log" VALUES('cf968536-ecda-11f1-a54d-02fc00000001','946cc7dbcb45fc400050d12bb934f3f309fd4293632281775ea3d061d3231505','0036_site_roles','mark','root','localhost',NULL,'2026-11-30 16:26:35.497051');
INSERT INTO "_yoyo_log" VALUES('cf96cfd2-ecda-11f1-a54d-02fc00000001','dd49d61ab2610551de7ec529e0fa9677dac06dc86896c32728ff8a70568e82d7','0037_site_log','mark','root','localhost',NULL,'2026-11-30 16:26:35.498959');
INSERT INTO "_yoyo_log" VALUES('cf971852-ecda-11f1-a54d-02fc00000001','4b2690f2e4db9a9c98548742ecc88f409e125d01940afd47f417d554083e7a3e','0038_deleted_rooms','mark','root','localhost',NULL,'2026-11-30 16:26:35.500813');
INSERT INTO "_yoyo_log" VALUES('cf97b3b6-ecda-11f1-a54d-02fc00000001','fee687bd5fe02beb25dcb85dab758752f857301d26ecac921a527c190671934f','0039_retention','mark','root','localhost',NULL,'2026-11-30 16:26:35.504794');
INSERT INTO "_yoyo_log" VALUES('cf983782-ecda-11f1-a54d-02fc00000001','0cccecdf09121b83dd770091a2e9707ff7395bbd80b056f0e34cac4e343a817d','0040_room_rights','mark','root','localhost',NULL,'2026-11-30 16:26:35.508169');
INSERT INTO "_yoyo_log" VALUES('cf98c0da-ecda-11f1-a54d-02fc00000001','ef9c5ede4e6f272f114bfe181c822a6f7c2a20469825fdcd9aa0693fdf6b8239','0041_history_for_newcomers','mark','root','localhost',NULL,'2026-11-30 16:26:35.511684');
INSERT INTO "_yoyo_log" VALUES('cf9914d6-ecda-11f1-a54d-02fc00000001','290f4195dfbee54d030a6ff799ca4ed12c3ce84509efaa3101fcc5d1d4d2586f','0042_search','mark','root','localhost',NULL,'2026-11-30 16:26:35.513833');
INSERT INTO "_yoyo_log" VALUES('cf99adf6-ecda-11f1-a54d-02fc00000001','31ea1db6e5e9f5eddb53dd2fe16645d13f5e5af0efef91e35ee5c7045334f46b','0043_files','mark','root','localhost',NULL,'2026-11-30 16:26:35.517755');
INSERT INTO "_yoyo_log" VALUES('cf99fa40-ecda-11f1-a54d-02fc00000001','64f45e7ff41c9dee3809926f3e7ef1c9d0c85450b41729431489df014f93e04c','0044_file_lists','mark','root','localhost',NULL,'2026-11-30 16:26:35.519704');
INSERT INTO "_yoyo_log" VALUES('cf9a7e98-ecda-11f1-a54d-02fc00000001','7df2e1ba67277f9017b338c0afd405824f8ad48ccb48569e111a7865e90e6216','0045_previews','mark','root','localhost',NULL,'2026-11-30 16:26:35.523094');
INSERT INTO "_yoyo_log" VALUES('cf9aecf2-ecda-11f1-a54d-02fc00000001','fcaf1c89d3f6db1fba49ab279874941ba89c0994444c2b6e07a7b67325417195','0046_room_pictures','mark','root','localhost',NULL,'2026-11-30 16:26:35.525922');
INSERT INTO "_yoyo_log" VALUES('cf9b47d8-ecda-11f1-a54d-02fc00000001','4f6eeedb6a303f306d67b6a50dd986034458c2be26f942f99ce1158b543f949b','0048_invite_links','mark','root','localhost',NULL,'2026-11-30 16:26:35.528248');
INSERT INTO "_yoyo_log" VALUES('cf9baa48-ecda-11f1-a54d-02fc00000001','d18e5caff238073c886f8e7da6399189f6570fa9323f0c28e0cefb6e7b26ba59','0049_waiting_accounts','mark','root','localhost',NULL,'2026-11-30 16:26:35.530766');
INSERT INTO "_yoyo_log" VALUES('cf9c26a8-ecda-11f1-a54d-02fc00000001','a9d73bc0e19b748931a414056c3daeb50b02693db70fa83285c0e9b7700028a1','0051_mail','mark','root','localhost',NULL,'2026-11-30 16:26:35.533951');
INSERT INTO "_yoyo_log" VALUES('cf9c8ef4-ecda-11f1-a54d-02fc00000001','a6e127d2b00404a249ce939cc45d686f48bcfd46e97321101fa34465ac055061','0052_kept_records','mark','root','localhost',NULL,'2026-11-30 16:26:35.536624');
INSERT INTO "_yoyo_log" VALUES('cf9cd38c-ecda-11f1-a54d-02fc00000001','0df1776ae3936001064df53ac8641065102c9584b7020be3a48f4868c29a54cc','0053_site_logo','mark','root','localhost',NULL,'2026-11-30 16:26:35.538376');
INSERT INTO "_yoyo_log" VALUES('cf9e05cc-ecda-11f1-a54d-02fc00000001','903a71783bd5209c63732d171944e856c1e3faffadc749e853cb681e76d4ffc0','0054_pictures_in_the_store','mark','root','localhost',NULL,'2026-11-30 16:26:35.546235');
INSERT INTO "_yoyo_log" VALUES('cf9e87d6-ecda-11f1-a54d-02fc00000001','5c1dbe723fbc36fd7bce40ef48baa7d02780fb5d1f7179a0c67bb3e2863f27af','0055_logo_in_the_store','mark','root','localhost',NULL,'2026-11-30 16:26:35.549548');
INSERT INTO "_yoyo_log" VALUES('cf9f718c-ecda-11f1-a54d-02fc00000001','33b328fecaf182050cdbd075bce5d6d5991bc33af4047528514ca15baa6832d7','0056_notices','mark','root','localhost',NULL,'2026-11-30 16:26:35.555536');
INSERT INTO "_yoyo_log" VALUES('cf9fd65e-ecda-11f1-a54d-02fc00000001','8b7d81b0e84e64dd941ba6d7a29de97e1df47b59d64cec92906214de6f91994d','0057_notice_jobs','mark','root','localhost',NULL,'2026-11-30 16:26:35.558111');
INSERT INTO "_yoyo_log" VALUES('cfa01af6-ecda-11f1-a54d-02fc00000001','ad39323b3692ff83bec90c193a8171a883d90c089574a193044dc34b3ef7cb10','0058_push','mark','root','localhost',NULL,'2026-11-30 16:26:35.559864');
INSERT INTO "_yoyo_log" VALUES('cfa05782-ecda-11f1-a54d-02fc00000001','5c2c5ef3001e47a010e5553fc7ddde6c1e95643873ef3d03a5686d270f612686','0059_push_closings','mark','root','localhost',NULL,'2026-11-30 16:26:35.561418');
INSERT INTO "_yoyo_log" VALUES('cfa0cf96-ecda-11f1-a54d-02fc00000001','2e7eac252e9755f884d7ba2ed0bb6b7eed72825929836084025bd7c3955c881d','0060_kept_pictures','mark','root','localhost',NULL,'2026-11-30 16:26:35.564489');
INSERT INTO "_yoyo_log" VALUES('cfa10d44-ecda-11f1-a54d-02fc00000001','93d68e3d3ec5c86a2f10469d166ab65dd18b7554745a21bc6b586a35da0712fa','0063_import_origins','mark','root','localhost',NULL,'2026-11-30 16:26:35.566065');
CREATE TABLE "_yoyo_migration" (
            "migration_hash" VARCHAR(64),
            "migration_id" VARCHAR(255),
            "applied_at_utc" TIMESTAMP,
            PRIMARY KEY ("migration_hash")
        );
INSERT INTO "_yoyo_migration" VALUES('59b2424b5316d4454a7550ed074b1a03896edd5873ecf0423d7f998626b6ecec','0001_accounts','2026-11-30 16:26:35.426700');
INSERT INTO "_yoyo_migration" VALUES('cdb402300b7b98d26101adc4983e2d6c1ed712cade59363527ff17b03066c464','0002_rooms','2026-11-30 16:26:35.431733');
INSERT INTO "_yoyo_migration" VALUES('3000066a1172b316f15430f2dfbc2c0f541550a3e4179975111ebb34d7f484c7','0003_long_lists','2026-11-30 16:26:35.433526');
INSERT INTO "_yoyo_migration" VALUES('c6113a734528d8a7a349d2f012834ebae1fbb4a909b74df9fce83356a25f09db','0004_standings_seq','2026-11-30 16:26:35.435294');
INSERT INTO "_yoyo_migration" VALUES('b76c6a8f3fce1914e21a25fa2cda184c7e27770e4d66ab35a9d7fb0a7bb1826a','0005_changing_messages','2026-11-30 16:26:35.437746');
INSERT INTO "_yoyo_migration" VALUES('d80be54dc6292713d819765ed47c5fcddee044dd2509fd23b166eb350f82acd3','0006_mentions','2026-11-30 16:26:35.439462');
INSERT INTO "_yoyo_migration" VALUES('7be0e5244540db28ca79f441ebc4565cc0e6c100cf1078139471b4e4daf2d5f0','0007_conversations','2026-11-30 16:26:35.440904');
INSERT INTO "_yoyo_migration" VALUES('c2e4dc4933e9036c828bee12cde2b2a6092cec2128d06e027c20dcdd07aa4f3d','0008_pins','2026-11-30 16:26:35.442283');
INSERT INTO "_yoyo_migration" VALUES('defcf719cb539657c8d903c237333ce8d3badd132cb55e8fde49ea0b898be341','0008_statuses','2026-11-30 16:26:35.443810');
INSERT INTO "_yoyo_migration" VALUES('51719cc4f1daf9f5c5d660adf8d23f31b81c98c996979bfc90de0d65219c7388','0010_profiles','2026-11-30 16:26:35.445802');
INSERT INTO "_yoyo_migration" VALUES('9417c37b8be64ff1b8e47f1b63dc2aa31ee2f51ddbb700f91e42bceea5bcd5db','0010_pictures','2026-11-30 16:26:35.447337');
INSERT INTO "_yoyo_migration" VALUES('9ddbeed94085332bd04e6f32c4dbb267afd5008cfe5ec3cbf8b1ef2cb53f3bc8','0010_devices','2026-11-30 16:26:35.449386');
INSERT INTO "_yoyo_migration" VALUES('fca1cafe5930b2382baf076a5feed7b2ab0d0a9d7b423294b9759e8268db6a07','0011_following','2026-11-30 16:26:35.451085');
INSERT INTO "_yoyo_migration" VALUES('8f065a30edf877d67846ff89e7ede32d78c11876894e154977326d5feae9a6be','0012_feed','2026-11-30 16:26:35.453275');
INSERT INTO "_yoyo_migration" VALUES('1407e9df2cf2662552c5ce38af1b6957808847b1ba835c491ae9068b405555cd','0013_leaving','2026-11-30 16:26:35.455789');
INSERT INTO "_yoyo_migration" VALUES('ec8d88e5f05bc9452c10a50d1564acbbb15ab18fc56c58cc7fd92ee5b48a8fc5','0014_privacy','2026-11-30 16:26:35.458246');
INSERT INTO "_yoyo_migration" VALUES('3b043e21811511702ca2d7aa90e2bc3912c47953b5a980191cad7fcf2ef54c4d','0015_ended_sessions','2026-11-30 16:26:35.459748');
INSERT INTO "_yoyo_migration" VALUES('6403f80a35b8143c81d418169dab5f7207240dea07e2dcb62b1af50e1bacf8c8','0016_post_pictures','2026-11-30 16:26:35.461918');
INSERT INTO "_yoyo_migration" VALUES('f7ad3fecc44baf8722f2dd7b13e0490e0d21c3d473462bd3df81aa47f5d9dc5a','0017_deleted_posts','2026-11-30 16:26:35.463569');
INSERT INTO "_yoyo_migration" VALUES('8b3b37338138b386511149c3e3f6c23c50c4b25071988ed3ab1bb6dd0ce32c19','0018_session_secrets','2026-11-30 16:26:35.465199');
INSERT INTO "_yoyo_migration" VALUES('db2ca4bc9db9ab130eb47e8b7b1874f385bd02cba5dde8b0663d2b5c536e4c29','0020_purge','2026-11-30 16:26:35.466614');
INSERT INTO "_yoyo_migration" VALUES('487f70bde770d8e2b97d76eb883a67c979c27a99f9833d340803729a76c952bc','0021_shared_addresses','2026-11-30 16:26:35.468120');
INSERT INTO "_yoyo_migration" VALUES('a73fe824de9c3abceaeadd47e4ccf6aca182c82f450f7cb3cb1069bcb26bf3ce','0022_kicks','2026-11-30 16:26:35.469662');
INSERT INTO "_yoyo_migration" VALUES('e57e36a553139a0431fc552daf72bf2035a67b33556e1a3e330efeec0089652e','0023_invitations','2026-11-30 16:26:35.471280');
INSERT INTO "_yoyo_migration" VALUES('56495d71f8f07ad2c3a8d73a3e074372453eb3590bdd22f003210bdc38bcb600','0024_room_titles','2026-11-30 16:26:35.473778');
INSERT INTO "_yoyo_migration" VALUES('2dfffd9c782d1681bcf7f46a79c21e8ee608c0463b269e76abf4f81525223e4a','0026_display_names','2026-11-30 16:26:35.475752');
INSERT INTO "_yoyo_migration" VALUES('3175cb66b5954996d7afb08054eb43f2f51f0c41abd3ce74a37ad72f88f002a7','0027_group_mentions','2026-11-30 16:26:35.477517');
INSERT INTO "_yoyo_migration" VALUES('09e548dcc4f92f64601b115684fae501b0b8a1df20158d1e298718a8afd72dbf','0028_looks','2026-11-30 16:26:35.478831');
INSERT INTO "_yoyo_migration" VALUES('bda903cb8fae3db1662e1f00fb7e46e122ec77764171b26682af47aad8dc452d','0029_read_marks_back','2026-11-30 16:26:35.480492');
INSERT INTO "_yoyo_migration" VALUES('2d5b28f06a74b84ad53145478b50d5406dbcbb1d761628655f166e5ff27a237c','0030_site_presence','2026-11-30 16:26:35.482233');
INSERT INTO "_yoyo_migration" VALUES('72ffd88d32ac45902f926aacab81ad7a0a0085ae3bef3f595f242a5230fda20b','0031_acts','2026-11-30 16:26:35.486639');
INSERT INTO "_yoyo_migration" VALUES('af798359a7f1c8233e7e249f8e249cefc8da79b01d15571cedb5f9aa8ea8ef7f','0033_feed_undo','2026-11-30 16:26:35.488962');
INSERT INTO "_yoyo_migration" VALUES('d3b3f5ba5c2945f0f71b235683094d1c6e2add16b07557a55fe15253bf1361a5','0034_reports','2026-11-30 16:26:35.491343');
INSERT INTO "_yoyo_migration" VALUES('0c23bb1f32d4230928fcfd1ca36a2d700d4a364ebd2ad23febc120d7a192f781','0035_filters','2026-11-30 16:26:35.493416');
INSERT INTO "_yoyo_migration" VALUES('946cc7dbcb45fc400050d12bb934f3f309fd4293632281775ea3d061d3231505','0036_site_roles','2026-11-30 16:26:35.496903');
INSERT INTO "_yoyo_migration" VALUES('dd49d61ab2610551de7ec529e0fa9677dac06dc86896c32728ff8a70568e82d7','0037_site_log','2026-11-30 16:26:35.498768');
INSERT INTO "_yoyo_migration" VALUES('4b2690f2e4db9a9c98548742ecc88f409e125d01940afd47f417d554083e7a3e','0038_deleted_rooms','2026-11-30 16:26:35.500667');
INSERT INTO "_yoyo_migration" VALUES('fee687bd5fe02beb25dcb85dab758752f857301d26ecac921a527c190671934f','0039_retention','2026-11-30 16:26:35.504646');
INSERT INTO "_yoyo_migration" VALUES('0cccecdf09121b83dd770091a2e9707ff7395bbd80b056f0e34cac4e343a817d','0040_room_rights','2026-11-30 16:26:35.508014');
INSERT INTO "_yoyo_migration" VALUES('ef9c5ede4e6f272f114bfe181c822a6f7c2a20469825fdcd9aa0693fdf6b8239','0041_history_for_newcomers','2026-11-30 16:26:35.511531');
INSERT INTO "_yoyo_migration" VALUES('290f4195dfbee54d030a6ff799ca4ed12c3ce84509efaa3101fcc5d1d4d2586f','0042_search','2026-11-30 16:26:35.513687');
INSERT INTO "_yoyo_migration" VALUES('31ea1db6e5e9f5eddb53dd2fe16645d13f5e5af0efef91e35ee5c7045334f46b','0043_files','2026-11-30 16:26:35.517608');
INSERT INTO "_yoyo_migration" VALUES('64f45e7ff41c9dee3809926f3e7ef1c9d0c85450b41729431489df014f93e04c','0044_file_lists','2026-11-30 16:26:35.519555');
INSERT INTO "_yoyo_migration" VALUES('7df2e1ba67277f9017b338c0afd405824f8ad48ccb48569e111a7865e90e6216','0045_previews','2026-11-30 16:26:35.522941');
INSERT INTO "_yoyo_migration" VALUES('fcaf1c89d3f6db1fba49ab279874941ba89c0994444c2b6e07a7b67325417195','0046_room_pictures','2026-11-30 16:26:35.525769');
INSERT INTO "_yoyo_migration" VALUES('4f6eeedb6a303f306d67b6a50dd986034458c2be26f942f99ce1158b543f949b','0048_invite_links','2026-11-30 16:26:35.528102');
INSERT INTO "_yoyo_migration" VALUES('d18e5caff238073c886f8e7da6399189f6570fa9323f0c28e0cefb6e7b26ba59','0049_waiting_accounts','2026-11-30 16:26:35.530621');
INSERT INTO "_yoyo_migration" VALUES('a9d73bc0e19b748931a414056c3daeb50b02693db70fa83285c0e9b7700028a1','0051_mail','2026-11-30 16:26:35.533800');
INSERT INTO "_yoyo_migration" VALUES('a6e127d2b00404a249ce939cc45d686f48bcfd46e97321101fa34465ac055061','0052_kept_records','2026-11-30 16:26:35.536470');
INSERT INTO "_yoyo_migration" VALUES('0df1776ae3936001064df53ac8641065102c9584b7020be3a48f4868c29a54cc','0053_site_logo','2026-11-30 16:26:35.538206');
INSERT INTO "_yoyo_migration" VALUES('903a71783bd5209c63732d171944e856c1e3faffadc749e853cb681e76d4ffc0','0054_pictures_in_the_store','2026-11-30 16:26:35.546056');
INSERT INTO "_yoyo_migration" VALUES('5c1dbe723fbc36fd7bce40ef48baa7d02780fb5d1f7179a0c67bb3e2863f27af','0055_logo_in_the_store','2026-11-30 16:26:35.549399');
INSERT INTO "_yoyo_migration" VALUES('33b328fecaf182050cdbd075bce5d6d5991bc33af4047528514ca15baa6832d7','0056_notices','2026-11-30 16:26:35.555373');
INSERT INTO "_yoyo_migration" VALUES('8b7d81b0e84e64dd941ba6d7a29de97e1df47b59d64cec92906214de6f91994d','0057_notice_jobs','2026-11-30 16:26:35.557919');
INSERT INTO "_yoyo_migration" VALUES('ad39323b3692ff83bec90c193a8171a883d90c089574a193044dc34b3ef7cb10','0058_push','2026-11-30 16:26:35.559722');
INSERT INTO "_yoyo_migration" VALUES('5c2c5ef3001e47a010e5553fc7ddde6c1e95643873ef3d03a5686d270f612686','0059_push_closings','2026-11-30 16:26:35.561277');
INSERT INTO "_yoyo_migration" VALUES('2e7eac252e9755f884d7ba2ed0bb6b7eed72825929836084025bd7c3955c881d','0060_kept_pictures','2026-11-30 16:26:35.564337');
INSERT INTO "_yoyo_migration" VALUES('93d68e3d3ec5c86a2f10469d166ab65dd18b7554745a21bc6b586a35da0712fa','0063_import_origins','2026-11-30 16:26:35.565924');
CREATE TABLE "_yoyo_version" (
            "version" INT NOT NULL PRIMARY KEY,
            "installed_at_utc" TIMESTAMP
        );
INSERT INTO "_yoyo_version" VALUES(2,'2026-11-30 16:26:35.417644');
CREATE TABLE acts (
            room_id BIGINT NOT NULL,
            number BIGINT NOT NULL,
            act TEXT NOT NULL,
            author_id BIGINT NOT NULL,
            target_id BIGINT,
            reason TEXT NOT NULL,
            before TEXT NOT NULL,
            after TEXT NOT NULL,
            at BIGINT NOT NULL,
            until BIGINT,
            seq BIGINT NOT NULL,
            undoes BIGINT,
            undone_by BIGINT,
            PRIMARY KEY (room_id, number)
        );
INSERT INTO "acts" VALUES(1,1,'delete',1,2,'','{}','{"numbers": [4]}',1796055995910,NULL,9,NULL,2);
INSERT INTO "acts" VALUES(1,2,'undo',1,2,'','{}','{}',1796055995914,NULL,10,1,NULL);
CREATE TABLE blobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            sha256 TEXT NOT NULL,
            key TEXT NOT NULL,
            size BIGINT NOT NULL,
            variants TEXT NOT NULL,
            state TEXT NOT NULL,
            refs BIGINT NOT NULL,
            at BIGINT NOT NULL
        , until BIGINT NOT NULL DEFAULT 0);
INSERT INTO "blobs" VALUES(1,'fd6fde0d0f540f9ea17325855097f47997d5c63886f170a66cf20365d7e1e56e','blobs/fd/fd6fde0d0f540f9ea17325855097f47997d5c63886f170a66cf20365d7e1e56e-9eac5800',13,'','stored',1,1796055995896,0);
CREATE TABLE blocks (
            blocker_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            blocked_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            at BIGINT NOT NULL,
            PRIMARY KEY (blocker_id, blocked_id)
        );
CREATE TABLE clearings (
            room_id BIGINT NOT NULL,
            before_seq BIGINT NOT NULL,
            due_at BIGINT NOT NULL,
            done_seq BIGINT NOT NULL,
            PRIMARY KEY (room_id, before_seq)
        );
CREATE TABLE deleted_rooms (
            room_id BIGINT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL,
            deleted_by BIGINT NOT NULL,
            deleted_at BIGINT NOT NULL,
            due_at BIGINT NOT NULL,
            act BIGINT NOT NULL,
            erasing BOOLEAN NOT NULL
        );
CREATE TABLE downloads (
            user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
            until BIGINT NOT NULL
        );
CREATE TABLE email_links (
            user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
            address TEXT NOT NULL,
            token_hash TEXT NOT NULL UNIQUE,
            until BIGINT NOT NULL
        );
CREATE TABLE ended_sessions (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, at BIGINT NOT NULL);
CREATE TABLE feed_clock (id BIGINT NOT NULL PRIMARY KEY, last BIGINT NOT NULL);
INSERT INTO "feed_clock" VALUES(1,0);
CREATE TABLE feed_comments (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            post_id BIGINT NOT NULL REFERENCES feed_posts (id),
            author_id BIGINT NOT NULL REFERENCES users (id),
            text TEXT NOT NULL,
            html TEXT,
            at BIGINT NOT NULL,
            edited_at BIGINT
        , nonce TEXT);
CREATE TABLE feed_deleted_comments (
            id BIGINT NOT NULL PRIMARY KEY,
            post_id BIGINT NOT NULL REFERENCES feed_posts (id),
            author_id BIGINT NOT NULL REFERENCES users (id),
            text TEXT NOT NULL,
            html TEXT,
            at BIGINT NOT NULL,
            edited_at BIGINT,
            nonce TEXT,
            deleted_by BIGINT NOT NULL,
            undo_until BIGINT NOT NULL
        );
CREATE TABLE feed_events (
            id BIGINT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL,
            change TEXT NOT NULL,
            author_id BIGINT NOT NULL,
            post_id BIGINT NOT NULL,
            comment_id BIGINT,
            user_id BIGINT NOT NULL
        );
CREATE TABLE feed_likes (
            post_id BIGINT NOT NULL REFERENCES feed_posts (id),
            user_id BIGINT NOT NULL REFERENCES users (id),
            at BIGINT NOT NULL,
            PRIMARY KEY (post_id, user_id)
        );
CREATE TABLE feed_picture_files (
            picture_id BIGINT NOT NULL REFERENCES feed_pictures (id) ON DELETE CASCADE,
            size SMALLINT NOT NULL,
            data BLOB NOT NULL, blob_id BIGINT,
            PRIMARY KEY (picture_id, size)
        );
CREATE TABLE feed_pictures (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            post_id BIGINT NOT NULL REFERENCES feed_posts (id) ON DELETE CASCADE,
            place SMALLINT NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            alt TEXT NOT NULL,
            UNIQUE (post_id, place)
        );
CREATE TABLE feed_posts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            author_id BIGINT NOT NULL REFERENCES users (id),
            text TEXT NOT NULL,
            html TEXT,
            at BIGINT NOT NULL,
            edited_at BIGINT,
            deleted_at BIGINT,
            likes BIGINT NOT NULL DEFAULT 0,
            comments BIGINT NOT NULL DEFAULT 0
        , removed_by BIGINT, nonce TEXT, undo_until BIGINT);
CREATE TABLE file_usage (
            owner_id BIGINT NOT NULL PRIMARY KEY,
            bytes BIGINT NOT NULL,
            files BIGINT NOT NULL
        );
INSERT INTO "file_usage" VALUES(1,13,1);
INSERT INTO "file_usage" VALUES(0,13,1);
CREATE TABLE files (
            id TEXT NOT NULL PRIMARY KEY,
            owner_id BIGINT NOT NULL,
            blob_id BIGINT NOT NULL,
            room_id BIGINT,
            seq BIGINT,
            place BIGINT NOT NULL,
            name TEXT NOT NULL,
            type TEXT NOT NULL,
            kind TEXT NOT NULL,
            size BIGINT NOT NULL,
            width BIGINT,
            height BIGINT,
            until BIGINT,
            at BIGINT NOT NULL
        );
INSERT INTO "files" VALUES('WS9VWb_iLg2xW367ij-gLA',1,1,1,7,0,'notes.txt','text/plain','text',13,NULL,NULL,NULL,1796055995899);
CREATE TABLE filters (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            room_id BIGINT NOT NULL,
            kind TEXT NOT NULL,
            pattern TEXT NOT NULL,
            action TEXT NOT NULL,
            author_id BIGINT NOT NULL,
            at BIGINT NOT NULL
        );
CREATE TABLE follow_counts (user_id BIGINT NOT NULL PRIMARY KEY, followers BIGINT NOT NULL);
CREATE TABLE follow_requests (
            follower_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            followed_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            at BIGINT NOT NULL,
            PRIMARY KEY (follower_id, followed_id)
        );
CREATE TABLE follows (
            follower_id BIGINT NOT NULL REFERENCES users (id),
            followed_id BIGINT NOT NULL REFERENCES users (id),
            at BIGINT NOT NULL,
            PRIMARY KEY (follower_id, followed_id)
        );
CREATE TABLE former_members (
            room_id BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            role SMALLINT NOT NULL,
            read_number BIGINT NOT NULL,
            times_back BIGINT NOT NULL,
            joined_at BIGINT NOT NULL, first_seq BIGINT NOT NULL DEFAULT 0, hidden_number BIGINT NOT NULL DEFAULT 0,
            PRIMARY KEY (room_id, user_id)
        );
CREATE TABLE held_posts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            room_id BIGINT NOT NULL,
            author_id BIGINT NOT NULL,
            nonce TEXT NOT NULL,
            kind TEXT NOT NULL,
            text TEXT NOT NULL,
            reply_to BIGINT,
            why TEXT NOT NULL,
            at BIGINT NOT NULL,
            answered_at BIGINT,
            answered_by BIGINT,
            answer TEXT
        , files TEXT);
CREATE TABLE holds (
            kind TEXT NOT NULL,
            subject_id BIGINT NOT NULL,
            name TEXT NOT NULL,
            reason TEXT NOT NULL,
            at BIGINT NOT NULL,
            PRIMARY KEY (kind, subject_id)
        );
CREATE TABLE ignored (
            user_id BIGINT NOT NULL,
            ignored_id BIGINT NOT NULL,
            at BIGINT NOT NULL,
            PRIMARY KEY (user_id, ignored_id)
        );
CREATE TABLE import_origins (
            origin TEXT NOT NULL PRIMARY KEY,
            user_id BIGINT,
            room_id BIGINT
        );
CREATE TABLE invitations (
            room_id BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            inviter_id BIGINT,
            at BIGINT NOT NULL,
            until BIGINT NOT NULL,
            declined BOOLEAN NOT NULL,
            PRIMARY KEY (room_id, user_id)
        );
CREATE TABLE invite_link_rooms (
            link_id BIGINT NOT NULL REFERENCES invite_links (id) ON DELETE CASCADE,
            room_id BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            PRIMARY KEY (link_id, room_id)
        );
CREATE TABLE invite_link_uses (
            link_id BIGINT NOT NULL REFERENCES invite_links (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES users (id),
            at BIGINT NOT NULL,
            PRIMARY KEY (link_id, user_id)
        );
CREATE TABLE invite_links (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            code_hash TEXT NOT NULL UNIQUE,
            maker_id BIGINT NOT NULL REFERENCES users (id),
            to_site BOOLEAN NOT NULL,
            uses BIGINT,
            used BIGINT NOT NULL,
            made_at BIGINT NOT NULL,
            until BIGINT NOT NULL,
            revoked_at BIGINT
        );
CREATE TABLE kept_records (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            hold_kind TEXT NOT NULL,
            subject_id BIGINT NOT NULL,
            what TEXT NOT NULL,
            record TEXT NOT NULL,
            data BLOB,
            at BIGINT NOT NULL
        , blob_id BIGINT);
CREATE TABLE kicks (
            room_id BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            until BIGINT NOT NULL,
            PRIMARY KEY (room_id, user_id)
        );
CREATE TABLE last_posts (
            room_id BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            at BIGINT NOT NULL,
            PRIMARY KEY (room_id, user_id)
        );
CREATE TABLE leases (name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, until BIGINT NOT NULL);
INSERT INTO "leases" VALUES('purge','14d85ab92432e364',1796056025611);
INSERT INTO "leases" VALUES('retention','0a05d96ed4f3095b',1796056025612);
INSERT INTO "leases" VALUES('search','0121d137da426cd6',1796056025612);
INSERT INTO "leases" VALUES('files','f928188d63542484',1796056055613);
INSERT INTO "leases" VALUES('previews','bb393ce886365a8a',0);
INSERT INTO "leases" VALUES('push','5be54f07461b46f9',1796056025683);
INSERT INTO "leases" VALUES('moving','732a818f57d265b1',1796056055684);
INSERT INTO "leases" VALUES('notices','754c98c86f6038e4',1796056026044);
CREATE TABLE leavings (
            user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
            name TEXT NOT NULL,
            removes BOOLEAN NOT NULL,
            at BIGINT NOT NULL,
            due_at BIGINT NOT NULL,
            taken_by TEXT NOT NULL,
            taken_until BIGINT NOT NULL
        );
INSERT INTO "leavings" VALUES(2,'bob',0,1796055995962,1796056025962,'589d8c27336785fc',0);
CREATE TABLE linked_pages (
            address TEXT NOT NULL PRIMARY KEY,
            until BIGINT NOT NULL,
            card TEXT,
            width BIGINT,
            height BIGINT,
            picture BLOB
        , blob_id BIGINT);
CREATE TABLE mails (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            user_id BIGINT NOT NULL,
            language TEXT NOT NULL,
            details TEXT NOT NULL,
            at BIGINT NOT NULL,
            due_at BIGINT NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0
        );
CREATE TABLE members (
            room_id BIGINT NOT NULL REFERENCES rooms (id),
            user_id BIGINT NOT NULL REFERENCES users (id),
            role SMALLINT NOT NULL,
            present BOOLEAN NOT NULL,
            read_number BIGINT NOT NULL,
            joined_at BIGINT NOT NULL, times_back BIGINT NOT NULL DEFAULT 0, first_seq BIGINT NOT NULL DEFAULT 0, hidden_number BIGINT NOT NULL DEFAULT 0, notify TEXT NOT NULL DEFAULT '', notify_until BIGINT, notify_at BIGINT,
            PRIMARY KEY (room_id, user_id)
        );
INSERT INTO "members" VALUES(1,1,3,0,3,1796055995838,0,0,0,'',NULL,NULL);
CREATE TABLE mentions (
            room_id BIGINT NOT NULL,
            number BIGINT NOT NULL,
            user_id BIGINT NOT NULL, of_group BOOLEAN NOT NULL DEFAULT FALSE,
            PRIMARY KEY (user_id, room_id, number)
        );
INSERT INTO "mentions" VALUES(1,1,1,0);
INSERT INTO "mentions" VALUES(1,4,1,0);
CREATE TABLE message_versions (
            room_id BIGINT NOT NULL,
            seq BIGINT NOT NULL,
            replaced_seq BIGINT NOT NULL,
            text TEXT NOT NULL,
            at BIGINT NOT NULL,
            PRIMARY KEY (room_id, seq, replaced_seq)
        );
INSERT INTO "message_versions" VALUES(1,4,6,'hello @bob and @here',1796055995867);
CREATE TABLE messages (
            room_id BIGINT NOT NULL,
            seq BIGINT NOT NULL,
            changed_seq BIGINT NOT NULL,
            number BIGINT,
            kind TEXT NOT NULL,
            author_id BIGINT NOT NULL,
            target_id BIGINT,
            nonce TEXT NOT NULL,
            text TEXT NOT NULL,
            html TEXT,
            at BIGINT NOT NULL, reply_to BIGINT, edited_at BIGINT, deleted_at BIGINT, deleted_by BIGINT, pinned BOOLEAN NOT NULL DEFAULT FALSE, reactions BIGINT NOT NULL DEFAULT 0, mentions TEXT, files TEXT, previews TEXT,
            PRIMARY KEY (room_id, seq)
        );
INSERT INTO "messages" VALUES(1,1,1,NULL,'created',1,NULL,'o9gVmwR9lElg0aO-fj6nWw','alice created the room',NULL,1796055995840,NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "messages" VALUES(1,2,2,NULL,'joined',2,NULL,'jZSWjedFI_Erk8kHBykZrw','deleted user joined the room',NULL,1796055995857,NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "messages" VALUES(1,3,5,1,'post',2,NULL,'387bc9a6c45cc1a4','hello @alice','<p>hello <a class="mention" href="/users/alice" rel="noopener noreferrer nofollow">@alice</a></p>',1796055995861,NULL,NULL,NULL,NULL,0,1,'1',NULL,NULL);
INSERT INTO "messages" VALUES(1,4,6,2,'post',1,NULL,'f360d485c277cf8c','hello @bob','<p>hello <a class="mention" href="/users/bob" rel="noopener noreferrer nofollow">@bob</a></p>',1796055995867,NULL,1796055995873,NULL,NULL,0,0,'2',NULL,NULL);
INSERT INTO "messages" VALUES(1,7,7,3,'post',1,NULL,'9a5ddf8dd5dd1837','notes',NULL,1796055995905,NULL,NULL,NULL,NULL,0,0,NULL,'[{"id":"WS9VWb_iLg2xW367ij-gLA","name":"notes.txt","type":"text/plain","size":13,"width":null,"height":null,"description":"","url":"/files/WS9VWb_iLg2xW367ij-gLA/notes.txt","thumbnail":null}]',NULL);
INSERT INTO "messages" VALUES(1,8,10,4,'post',2,NULL,'36639d6bfe42cbed','to be deleted @alice','<p>to be deleted <a class="mention" href="/users/alice" rel="noopener noreferrer nofollow">@alice</a></p>',1796055995906,NULL,NULL,NULL,NULL,0,0,'1',NULL,NULL);
INSERT INTO "messages" VALUES(1,11,11,5,'post',2,NULL,'730fb54e4c83bb63','the last one',NULL,1796055995918,NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "messages" VALUES(1,12,12,NULL,'left',2,NULL,'h17X4KKlE7JG_ovw0YoT2Q','deleted user left the room',NULL,1796055995973,NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL);
CREATE TABLE name_words (
            word TEXT COLLATE BINARY NOT NULL,
            user_id BIGINT NOT NULL,
            PRIMARY KEY (word, user_id)
        );
CREATE TABLE notice_deliveries (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            notice_id BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            way TEXT NOT NULL,
            due_at BIGINT NOT NULL,
            state TEXT NOT NULL DEFAULT 'waiting',
            detail TEXT,
            at BIGINT NOT NULL
        );
CREATE TABLE notice_jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            user_id BIGINT NOT NULL,
            by_id BIGINT NOT NULL,
            room_id BIGINT,
            number BIGINT,
            post_id BIGINT,
            comment_id BIGINT,
            at BIGINT NOT NULL
        );
CREATE TABLE notice_keywords (
            user_id BIGINT NOT NULL,
            word TEXT NOT NULL,
            folded TEXT NOT NULL,
            begins TEXT NOT NULL,
            PRIMARY KEY (user_id, folded)
        );
CREATE TABLE notice_progress (
            room_id BIGINT NOT NULL PRIMARY KEY,
            seq BIGINT NOT NULL,
            after_id BIGINT NOT NULL DEFAULT 0
        );
INSERT INTO "notice_progress" VALUES(1,12,0);
CREATE TABLE notice_settings (
            user_id BIGINT NOT NULL PRIMARY KEY,
            ways TEXT NOT NULL DEFAULT '',
            quiet_from INTEGER,
            quiet_until INTEGER,
            zone TEXT NOT NULL DEFAULT '',
            mail_minutes INTEGER NOT NULL DEFAULT 15,
            focus_until BIGINT,
            changed_at BIGINT NOT NULL
        );
CREATE TABLE notices (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            user_id BIGINT NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            room_id BIGINT,
            seq BIGINT,
            number BIGINT,
            post_id BIGINT,
            comment_id BIGINT,
            by_id BIGINT NOT NULL,
            at BIGINT NOT NULL,
            rule TEXT NOT NULL,
            word TEXT NOT NULL DEFAULT '',
            ways TEXT NOT NULL DEFAULT '{}',
            listed BOOLEAN NOT NULL DEFAULT TRUE,
            read_at BIGINT
        );
CREATE TABLE password_links (
            user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
            token_hash TEXT NOT NULL UNIQUE,
            until BIGINT NOT NULL
        );
CREATE TABLE pictures (
            user_id BIGINT NOT NULL REFERENCES users (id),
            size SMALLINT NOT NULL,
            version BIGINT NOT NULL,
            data BLOB NOT NULL, blob_id BIGINT,
            PRIMARY KEY (user_id, size)
        );
CREATE TABLE presence (
            user_id BIGINT NOT NULL PRIMARY KEY,
            online BOOLEAN NOT NULL,
            version BIGINT NOT NULL
        );
INSERT INTO "presence" VALUES(1,1,1);
CREATE TABLE presence_clock (id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL);
INSERT INTO "presence_clock" VALUES(1,1);
CREATE TABLE preview_jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            author_id BIGINT NOT NULL,
            room_id BIGINT NOT NULL,
            seq BIGINT NOT NULL,
            at BIGINT NOT NULL
        );
CREATE TABLE preview_pictures (
            id TEXT NOT NULL PRIMARY KEY,
            room_id BIGINT NOT NULL,
            seq BIGINT NOT NULL,
            picture BLOB NOT NULL
        , blob_id BIGINT);
CREATE TABLE push_closings (
            user_id BIGINT NOT NULL,
            room_id BIGINT NOT NULL,
            number BIGINT NOT NULL,
            due_at BIGINT NOT NULL,
            PRIMARY KEY (user_id, room_id)
        );
CREATE TABLE push_devices (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            user_id BIGINT NOT NULL REFERENCES users (id),
            session_id TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            endpoint_hash TEXT NOT NULL UNIQUE,
            browser_key TEXT NOT NULL,
            auth TEXT NOT NULL,
            name TEXT NOT NULL,
            made_at BIGINT NOT NULL,
            used_at BIGINT NOT NULL,
            told_at BIGINT,
            refused INTEGER NOT NULL DEFAULT 0
        );
CREATE TABLE reactions (
            room_id BIGINT NOT NULL,
            seq BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            emoji TEXT NOT NULL,
            added_seq BIGINT NOT NULL,
            PRIMARY KEY (room_id, seq, user_id, emoji)
        );
INSERT INTO "reactions" VALUES(1,3,1,'👍',5);
CREATE TABLE report_lines (
            report_id BIGINT NOT NULL,
            number BIGINT NOT NULL,
            room_id BIGINT NOT NULL,
            author_id BIGINT NOT NULL,
            kind TEXT NOT NULL,
            text TEXT NOT NULL,
            at BIGINT NOT NULL,
            PRIMARY KEY (report_id, number)
        );
CREATE TABLE report_reasons (
            report_id BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            room_id BIGINT NOT NULL,
            number BIGINT NOT NULL,
            reason TEXT NOT NULL,
            at BIGINT NOT NULL,
            outcome TEXT,
            PRIMARY KEY (report_id, user_id)
        );
CREATE TABLE reports (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            room_id BIGINT NOT NULL,
            number BIGINT NOT NULL,
            author_id BIGINT NOT NULL,
            at BIGINT NOT NULL,
            answered_at BIGINT,
            answered_by BIGINT,
            answer TEXT,
            act BIGINT
        );
CREATE TABLE room_names (
            slug TEXT PRIMARY KEY,
            room_id BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            at BIGINT NOT NULL
        );
INSERT INTO "room_names" VALUES('lobby',1,'Lobby',1796055995838);
CREATE TABLE room_pictures (
            room_id BIGINT NOT NULL REFERENCES rooms (id),
            version BIGINT NOT NULL,
            size SMALLINT NOT NULL,
            data BLOB NOT NULL, blob_id BIGINT,
            PRIMARY KEY (room_id, version, size)
        );
CREATE TABLE room_requests (
            room_id BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            at BIGINT NOT NULL,
            PRIMARY KEY (room_id, user_id)
        );
CREATE TABLE rooms (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            slug TEXT NOT NULL UNIQUE,
            topic TEXT NOT NULL,
            kind TEXT NOT NULL,
            last_seq BIGINT NOT NULL,
            posts BIGINT NOT NULL,
            cleared_seq BIGINT NOT NULL,
            cleared_number BIGINT NOT NULL,
            created_at BIGINT NOT NULL
        , standings_seq BIGINT NOT NULL DEFAULT 0, title TEXT, title_key TEXT, posting SMALLINT NOT NULL DEFAULT 1, slow_seconds BIGINT NOT NULL DEFAULT 0, archived_at BIGINT, retention_days BIGINT, retention_since BIGINT NOT NULL DEFAULT 0, keeps_pinned BOOLEAN NOT NULL DEFAULT FALSE, kept_seq BIGINT NOT NULL DEFAULT 0, kept_number BIGINT NOT NULL DEFAULT 0, inviting SMALLINT, pinning SMALLINT NOT NULL DEFAULT 2, mentioning SMALLINT, topic_setting SMALLINT NOT NULL DEFAULT 2, hides_past BOOLEAN NOT NULL DEFAULT FALSE, hides_previews BOOLEAN NOT NULL DEFAULT FALSE, picture BIGINT NOT NULL DEFAULT 0);
INSERT INTO "rooms" VALUES(1,'Lobby','lobby','','open',12,5,0,0,1796055995838,12,'Lobby','lobby',1,0,NULL,NULL,0,0,0,0,NULL,2,NULL,2,0,0,0);
CREATE TABLE search_lines (
            id INTEGER NOT NULL PRIMARY KEY,
            room_id BIGINT NOT NULL,
            seq BIGINT NOT NULL,
            author_id BIGINT NOT NULL,
            has_link BOOLEAN NOT NULL,
            text TEXT NOT NULL,
            tokens TEXT NOT NULL
        );
CREATE TABLE search_progress (room_id BIGINT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL);
PRAGMA writable_schema=ON;
INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql)VALUES('table','search_text','search_text',0,'CREATE VIRTUAL TABLE search_text USING fts5 (
            text, tokens, content='''', tokenize=''trigram case_sensitive 1''
        )');
CREATE TABLE 'search_text_config'(k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO "search_text_config" VALUES('version',4);
CREATE TABLE 'search_text_data'(id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO "search_text_data" VALUES(1,X'');
INSERT INTO "search_text_data" VALUES(10,X'00000000000000');
CREATE TABLE 'search_text_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
CREATE TABLE 'search_text_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
CREATE TABLE sessions (
            token_hash TEXT PRIMARY KEY,
            data TEXT NOT NULL,
            expires_at BIGINT NOT NULL
        , user_id BIGINT, agent TEXT NOT NULL DEFAULT '', address TEXT NOT NULL DEFAULT '', used_at BIGINT);
INSERT INTO "sessions" VALUES('6f3bf92c98fa3fc529d1eef114960ea5587831a4f66fc2070d7f9b8ff37aca4c','{"created": 1796055995, "session": {"user_id": 1, "secret": "89f4cad0b3644497", "csrf_token": "WL9_5yBroPL2qv51-9mp0DMc08Q3PPhcXkqUlUXGhKk"}}',1798647995828,1,'Python/3.11 aiohttp/3.14.5','127.0.0.1',1796055995713);
CREATE TABLE site (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL
        );
INSERT INTO "site" VALUES('site_acts','0');
INSERT INTO "site" VALUES('id','gLHx4pc2roNa');
INSERT INTO "site" VALUES('epoch','qMO-uRfDW04P');
INSERT INTO "site" VALUES('push_seed','nwW2wYiPG5PTKZi9kiC7Axpy96VlqnrNX_pTUXgAP10');
INSERT INTO "site" VALUES('unsubscribe_key','eoSmgtWJukHg4mJJPvEPrsA6xbP4DYcvHqhm3fqogtQ');
INSERT INTO "site" VALUES('first_account','alice');
INSERT INTO "site" VALUES('device_key','mo68o19ZB3svb-y9SCjJSpIwiiatvUDyaTxSOtzC8iI');
CREATE TABLE site_acts (
            number BIGINT NOT NULL PRIMARY KEY,
            act TEXT NOT NULL,
            author_id BIGINT,
            shell TEXT NOT NULL,
            target_id BIGINT,
            room_id BIGINT,
            reason TEXT NOT NULL,
            before TEXT NOT NULL,
            after TEXT NOT NULL,
            at BIGINT NOT NULL
        );
CREATE TABLE site_logo (
            size SMALLINT NOT NULL PRIMARY KEY,
            version BIGINT NOT NULL,
            data BLOB NOT NULL
        , blob_id BIGINT);
CREATE TABLE site_settings (
            name TEXT NOT NULL PRIMARY KEY,
            value TEXT NOT NULL
        );
CREATE TABLE statuses (
            user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
            status TEXT NOT NULL,
            text TEXT NOT NULL,
            until BIGINT
        );
CREATE TABLE sweeps (room_id BIGINT NOT NULL PRIMARY KEY, done_seq BIGINT NOT NULL);
CREATE TABLE timeouts (
            room_id BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            until BIGINT NOT NULL,
            PRIMARY KEY (room_id, user_id)
        );
CREATE TABLE uploads (
            id TEXT NOT NULL PRIMARY KEY,
            owner_id BIGINT NOT NULL,
            name TEXT NOT NULL,
            size BIGINT NOT NULL,
            came BIGINT NOT NULL,
            parts TEXT NOT NULL,
            state TEXT NOT NULL,
            error TEXT NOT NULL,
            looked_until BIGINT NOT NULL,
            until BIGINT NOT NULL
        );
INSERT INTO "uploads" VALUES('WS9VWb_iLg2xW367ij-gLA',1,'notes.txt',13,13,'0-e7ff0aec','ready','',1796056175893,1796142395884);
CREATE TABLE users (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            name_key TEXT NOT NULL UNIQUE,
            skeleton TEXT NOT NULL UNIQUE,
            email TEXT UNIQUE,
            password_hash TEXT NOT NULL,
            is_admin BOOLEAN NOT NULL,
            created_at BIGINT NOT NULL
        , display_name TEXT NOT NULL DEFAULT '', bio TEXT NOT NULL DEFAULT '', place TEXT NOT NULL DEFAULT '', time_zone TEXT NOT NULL DEFAULT '', picture BIGINT NOT NULL DEFAULT 0, left_at BIGINT, is_private BOOLEAN NOT NULL DEFAULT FALSE, session_secret TEXT NOT NULL DEFAULT '', display_skeleton TEXT NOT NULL DEFAULT '', site_role SMALLINT NOT NULL DEFAULT 0, suspended_until BIGINT, suspended_for TEXT NOT NULL DEFAULT '', waits_since BIGINT, email_verified_at BIGINT, language TEXT NOT NULL DEFAULT '');
INSERT INTO "users" VALUES(1,'alice','alice','allce',NULL,'$argon2id$v=19$m=19456,t=2,p=1$fD/G9vIZQCPxrg/15WJqnA$ZsJEW6axTiyo74MGppqeK42QrbdLfv1acug3Pj9+vw4',1,1796055995679,'','','','',0,NULL,0,'89f4cad0b3644497','allce',3,NULL,'',NULL,NULL,'en');
INSERT INTO "users" VALUES(2,'deleted user','~ 2','~ 2',NULL,'!',0,1796055995718,'','','','',0,1796055995961,0,'e83e20c6c95a150b','',0,NULL,'',NULL,NULL,'');
CREATE TABLE "yoyo_lock" ("locked" INT DEFAULT 1, "ctime" TIMESTAMP,"pid" INT NOT NULL,PRIMARY KEY ("locked"));
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE UNIQUE INDEX messages_changes ON messages (room_id, changed_seq);
CREATE UNIQUE INDEX messages_numbers ON messages (room_id, number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX messages_nonces ON messages (author_id, nonce);
CREATE INDEX rooms_by_kind ON rooms (kind, slug);
CREATE INDEX users_by_prefix ON users (name_key COLLATE BINARY);
CREATE INDEX messages_pins ON messages ((room_id + 0), number) WHERE pinned AND deleted_at IS NULL;
CREATE INDEX sessions_of_user ON sessions (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX follows_by_followed ON follows (followed_id, follower_id);
CREATE TRIGGER follows_added AFTER INSERT ON follows BEGIN INSERT INTO follow_counts (user_id, followers) VALUES (NEW.followed_id, 1)
        ON CONFLICT (user_id) DO UPDATE SET followers = follow_counts.followers + 1; END;
CREATE TRIGGER follows_removed AFTER DELETE ON follows BEGIN UPDATE follow_counts SET followers = followers - 1 WHERE user_id = OLD.followed_id; END;
CREATE INDEX feed_posts_by_author ON feed_posts (author_id, id) WHERE deleted_at IS NULL;
CREATE INDEX feed_comments_by_post ON feed_comments (post_id, id);
CREATE TRIGGER feed_likes_added AFTER INSERT ON feed_likes BEGIN UPDATE feed_posts SET likes = likes + 1 WHERE id = NEW.post_id; END;
CREATE TRIGGER feed_likes_removed AFTER DELETE ON feed_likes BEGIN UPDATE feed_posts SET likes = likes - 1 WHERE id = OLD.post_id; END;
CREATE TRIGGER feed_comments_added AFTER INSERT ON feed_comments BEGIN UPDATE feed_posts SET comments = comments + 1 WHERE id = NEW.post_id; END;
CREATE TRIGGER feed_comments_removed AFTER DELETE ON feed_comments BEGIN UPDATE feed_posts SET comments = comments - 1 WHERE id = OLD.post_id; END;
CREATE INDEX users_admins ON users (id) WHERE is_admin;
CREATE INDEX messages_targets ON messages (target_id, room_id, seq) WHERE target_id IS NOT NULL;
CREATE INDEX reactions_by_user ON reactions (user_id, room_id, seq, emoji);
CREATE INDEX members_by_user_and_room ON members (user_id, room_id);
CREATE INDEX feed_likes_by_user_and_post ON feed_likes (user_id, post_id);
CREATE INDEX feed_comments_by_author_and_id ON feed_comments (author_id, id);
CREATE INDEX blocks_by_blocked ON blocks (blocked_id, blocker_id);
CREATE INDEX follow_requests_by_followed ON follow_requests (followed_id, at, follower_id);
CREATE INDEX feed_posts_removed ON feed_posts (author_id, id) WHERE removed_by IS NOT NULL;
CREATE UNIQUE INDEX feed_posts_nonces ON feed_posts (author_id, nonce) WHERE nonce IS NOT NULL;
CREATE UNIQUE INDEX feed_comments_nonces ON feed_comments (author_id, nonce) WHERE nonce IS NOT NULL;
CREATE INDEX messages_deleted ON messages ((room_id + 0), number) WHERE deleted_at IS NOT NULL;
CREATE INDEX messages_to_purge ON messages (deleted_at, room_id, seq)
        WHERE deleted_at IS NOT NULL AND text <> '';
CREATE INDEX users_by_address ON users (email COLLATE BINARY);
CREATE INDEX kicks_by_user ON kicks (user_id);
CREATE INDEX invitations_by_user ON invitations (user_id, room_id);
CREATE INDEX invitations_by_inviter ON invitations (inviter_id, user_id, room_id);
CREATE INDEX invitations_by_end ON invitations (until);
CREATE UNIQUE INDEX rooms_open_titles ON rooms (title_key) WHERE kind = 'open';
CREATE INDEX room_names_by_room ON room_names (room_id, at);
CREATE INDEX users_by_display_skeleton ON users (display_skeleton) WHERE display_skeleton <> '';
CREATE INDEX name_words_by_user ON name_words (user_id);
CREATE INDEX mentions_of_groups ON mentions (room_id, number) WHERE of_group;
CREATE INDEX presence_changes ON presence (version, user_id);
CREATE INDEX presence_online ON presence (user_id) WHERE online;
CREATE INDEX members_by_role ON members (room_id, role DESC, user_id);
CREATE INDEX acts_by_target ON acts (target_id, room_id, number) WHERE target_id IS NOT NULL;
CREATE INDEX acts_by_author ON acts (author_id, room_id, number);
CREATE INDEX timeouts_by_user ON timeouts (user_id);
CREATE INDEX last_posts_by_user ON last_posts (user_id);
CREATE INDEX messages_to_purge_own ON messages (deleted_at, room_id, seq)
        WHERE deleted_at IS NOT NULL AND text <> '' AND deleted_by = author_id;
CREATE INDEX feed_posts_undo ON feed_posts (undo_until) WHERE undo_until IS NOT NULL;
CREATE TRIGGER feed_pictures_removed AFTER UPDATE OF deleted_at, undo_until ON feed_posts FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL AND NEW.undo_until IS NULL) BEGIN DELETE FROM feed_pictures WHERE post_id = NEW.id; END;
CREATE INDEX feed_deleted_comments_undo ON feed_deleted_comments (undo_until);
CREATE INDEX feed_deleted_comments_by_author ON feed_deleted_comments (author_id);
CREATE UNIQUE INDEX reports_open ON reports (room_id, number) WHERE answered_at IS NULL;
CREATE INDEX reports_by_room ON reports (room_id, id);
CREATE INDEX reports_by_author ON reports (author_id);
CREATE INDEX reports_to_erase ON reports (answered_at) WHERE answered_at IS NOT NULL;
CREATE INDEX report_lines_by_author ON report_lines (author_id);
CREATE INDEX report_reasons_by_user ON report_reasons (user_id, room_id, number);
CREATE INDEX report_reasons_to_tell ON report_reasons (user_id) WHERE outcome IS NOT NULL;
CREATE INDEX members_in_charge ON members (room_id) WHERE role >= 2;
CREATE INDEX ignored_by ON ignored (ignored_id);
CREATE UNIQUE INDEX filters_once ON filters (room_id, kind, pattern);
CREATE UNIQUE INDEX held_posts_once ON held_posts (author_id, nonce);
CREATE INDEX held_posts_open ON held_posts (room_id, id) WHERE answered_at IS NULL;
CREATE INDEX held_posts_to_erase ON held_posts (answered_at) WHERE answered_at IS NOT NULL;
CREATE INDEX users_by_site_role ON users (site_role, id) WHERE site_role > 0;
CREATE INDEX users_suspended ON users (id) WHERE suspended_until IS NOT NULL;
CREATE INDEX site_acts_by_author ON site_acts (author_id, number) WHERE author_id IS NOT NULL;
CREATE INDEX site_acts_by_target ON site_acts (target_id, number) WHERE target_id IS NOT NULL;
CREATE INDEX site_acts_by_room ON site_acts (room_id, number) WHERE room_id IS NOT NULL;
CREATE INDEX acts_by_time ON acts (at, room_id, number);
CREATE INDEX site_acts_by_time ON site_acts (at, number);
CREATE INDEX deleted_rooms_by_person ON deleted_rooms (deleted_by, deleted_at);
CREATE INDEX deleted_rooms_due ON deleted_rooms (due_at);
CREATE INDEX former_members_by_user ON former_members (user_id);
CREATE INDEX rooms_deleted_titles ON rooms (title_key) WHERE kind = 'deleted';
CREATE INDEX members_owners ON members (room_id) WHERE role = 3;
CREATE INDEX rooms_retention ON rooms (id) WHERE retention_days IS NOT NULL;
CREATE UNIQUE INDEX search_lines_of_room ON search_lines (room_id, seq);
CREATE INDEX search_lines_newest_of_room ON search_lines (room_id, id);
CREATE INDEX search_lines_newest_of_author ON search_lines (author_id, id);
CREATE TRIGGER search_lines_added AFTER INSERT ON search_lines BEGIN
            INSERT INTO search_text (rowid, text, tokens) VALUES (NEW.id, NEW.text, CASE WHEN NEW.tokens = '' THEN '' ELSE '  ' || replace(NEW.tokens, ' ', '  ') || ' ' END);
        END;
CREATE TRIGGER search_lines_removed AFTER DELETE ON search_lines BEGIN
            INSERT INTO search_text (search_text, rowid, text, tokens) VALUES ('delete', OLD.id, OLD.text, CASE WHEN OLD.tokens = '' THEN '' ELSE '  ' || replace(OLD.tokens, ' ', '  ') || ' ' END);
        END;
CREATE TRIGGER messages_erased AFTER UPDATE OF text ON messages FOR EACH ROW WHEN (NEW.text = '' AND OLD.text <> '') BEGIN DELETE FROM search_lines WHERE room_id = OLD.room_id AND seq = OLD.seq; END;
CREATE TRIGGER messages_removed AFTER DELETE ON messages FOR EACH ROW BEGIN DELETE FROM search_lines WHERE room_id = OLD.room_id AND seq = OLD.seq; END;
CREATE TRIGGER rooms_removed AFTER DELETE ON rooms FOR EACH ROW BEGIN DELETE FROM search_progress WHERE room_id = OLD.id; END;
CREATE UNIQUE INDEX blobs_by_content ON blobs (sha256) WHERE state = 'stored';
CREATE INDEX blobs_unused ON blobs (id) WHERE refs = 0;
CREATE INDEX files_of_messages ON files (room_id, seq);
CREATE INDEX files_of_people ON files (owner_id, at, id);
CREATE INDEX files_of_blobs ON files (blob_id);
CREATE INDEX files_to_end ON files (until) WHERE until IS NOT NULL;
CREATE INDEX uploads_of_people ON uploads (owner_id, until);
CREATE INDEX uploads_to_end ON uploads (until);
CREATE TRIGGER files_added AFTER INSERT ON files FOR EACH ROW BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id; 
    INSERT INTO file_usage (owner_id, bytes, files) VALUES (NEW.owner_id, NEW.size, 1)
    ON CONFLICT (owner_id) DO UPDATE SET bytes = file_usage.bytes + NEW.size, files = file_usage.files + 1; END;
CREATE TRIGGER files_deleted AFTER DELETE ON files FOR EACH ROW BEGIN UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id; UPDATE file_usage SET bytes = bytes - OLD.size, files = files - 1 WHERE owner_id = OLD.owner_id; END;
CREATE TRIGGER blobs_added AFTER INSERT ON blobs FOR EACH ROW BEGIN 
    INSERT INTO file_usage (owner_id, bytes, files) VALUES (0, NEW.size, 1)
    ON CONFLICT (owner_id) DO UPDATE SET bytes = file_usage.bytes + NEW.size, files = file_usage.files + 1; END;
CREATE TRIGGER blobs_deleted AFTER DELETE ON blobs FOR EACH ROW BEGIN UPDATE file_usage SET bytes = bytes - OLD.size, files = files - 1 WHERE owner_id = 0; END;
CREATE INDEX messages_files_to_purge ON messages (deleted_at, room_id, seq)
        WHERE deleted_at IS NOT NULL AND files IS NOT NULL;
CREATE INDEX files_by_kind ON files (room_id, kind, seq);
CREATE INDEX files_by_person ON files (room_id, owner_id, seq);
CREATE TRIGGER messages_files_erased AFTER UPDATE OF files ON messages FOR EACH ROW WHEN (NEW.files IS NULL AND OLD.files IS NOT NULL) BEGIN DELETE FROM search_lines WHERE room_id = OLD.room_id AND seq = OLD.seq; END;
CREATE INDEX file_usage_most ON file_usage (bytes);
CREATE INDEX preview_jobs_turns ON preview_jobs (author_id, id);
CREATE INDEX preview_jobs_of_room ON preview_jobs (room_id, id);
CREATE INDEX preview_jobs_by_age ON preview_jobs (at);
CREATE INDEX linked_pages_by_age ON linked_pages (until);
CREATE INDEX preview_pictures_of_line ON preview_pictures (room_id, seq);
CREATE TRIGGER previews_posted AFTER INSERT ON messages FOR EACH ROW WHEN (NEW.number IS NOT NULL AND NEW.html LIKE '%<a href="%') BEGIN INSERT INTO preview_jobs (author_id, room_id, seq, at) VALUES (NEW.author_id, NEW.room_id, NEW.seq, COALESCE(NEW.edited_at, NEW.at)); END;
CREATE TRIGGER previews_edited AFTER UPDATE OF text ON messages FOR EACH ROW WHEN (NEW.text <> OLD.text AND NEW.text <> '' AND NEW.number IS NOT NULL AND NEW.html LIKE '%<a href="%') BEGIN INSERT INTO preview_jobs (author_id, room_id, seq, at) VALUES (NEW.author_id, NEW.room_id, NEW.seq, COALESCE(NEW.edited_at, NEW.at)); END;
CREATE TRIGGER previews_erased AFTER UPDATE OF text ON messages FOR EACH ROW WHEN (NEW.text = '' AND OLD.previews IS NOT NULL) BEGIN DELETE FROM preview_pictures WHERE room_id = OLD.room_id AND seq = OLD.seq; UPDATE messages SET previews = NULL WHERE room_id = OLD.room_id AND seq = OLD.seq; END;
CREATE TRIGGER previews_removed AFTER DELETE ON messages FOR EACH ROW WHEN (OLD.previews IS NOT NULL) BEGIN DELETE FROM preview_pictures WHERE room_id = OLD.room_id AND seq = OLD.seq; END;
CREATE INDEX invite_links_by_maker ON invite_links (maker_id, id);
CREATE INDEX invite_links_by_end ON invite_links (until);
CREATE INDEX invite_link_uses_by_time ON invite_link_uses (link_id, at);
CREATE INDEX invite_link_uses_by_user ON invite_link_uses (user_id);
CREATE INDEX invite_link_rooms_by_room ON invite_link_rooms (room_id, link_id);
CREATE INDEX users_waiting ON users (waits_since, id) WHERE waits_since IS NOT NULL;
CREATE INDEX room_requests_by_user ON room_requests (user_id, at);
CREATE INDEX mails_due ON mails (due_at, id);
CREATE INDEX mails_of_people ON mails (user_id) WHERE user_id > 0;
CREATE INDEX kept_records_of ON kept_records (hold_kind, subject_id, id);
CREATE TRIGGER keeps_reactions_ended BEFORE DELETE ON reactions FOR EACH ROW BEGIN INSERT INTO kept_records (hold_kind, subject_id, what, record, data, at) SELECT holds.kind, holds.subject_id, 'reaction', json_object('room_id', OLD.room_id, 'seq', OLD.seq, 'user_id', OLD.user_id, 'emoji', OLD.emoji, 'added_seq', OLD.added_seq), NULL, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) FROM holds WHERE ((kind = 'person' AND subject_id = OLD.user_id) OR (kind = 'room' AND subject_id = OLD.room_id)); END;
CREATE TRIGGER keeps_users_changed BEFORE UPDATE OF name, display_name, email, bio, place, time_zone ON users FOR EACH ROW WHEN ((OLD.name IS NOT NEW.name OR OLD.display_name IS NOT NEW.display_name OR OLD.email IS NOT NEW.email OR OLD.bio IS NOT NEW.bio OR OLD.place IS NOT NEW.place OR OLD.time_zone IS NOT NEW.time_zone)) BEGIN INSERT INTO kept_records (hold_kind, subject_id, what, record, data, at) SELECT holds.kind, holds.subject_id, 'profile', json_object('name', OLD.name, 'display_name', OLD.display_name, 'email', OLD.email, 'bio', OLD.bio, 'place', OLD.place, 'time_zone', OLD.time_zone), NULL, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) FROM holds WHERE ((kind = 'person' AND subject_id = OLD.id)); END;
CREATE TRIGGER keeps_feed_posts_changed BEFORE UPDATE OF text ON feed_posts FOR EACH ROW WHEN ((OLD.text IS NOT NEW.text) AND (OLD.text <> '')) BEGIN INSERT INTO kept_records (hold_kind, subject_id, what, record, data, at) SELECT holds.kind, holds.subject_id, 'post', json_object('id', OLD.id, 'author_id', OLD.author_id, 'text', OLD.text, 'at', OLD.at, 'edited_at', OLD.edited_at), NULL, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) FROM holds WHERE ((kind = 'person' AND subject_id = OLD.author_id)); END;
CREATE TRIGGER keeps_feed_comments_ended BEFORE DELETE ON feed_comments FOR EACH ROW BEGIN INSERT INTO kept_records (hold_kind, subject_id, what, record, data, at) SELECT holds.kind, holds.subject_id, 'comment', json_object('id', OLD.id, 'post_id', OLD.post_id, 'author_id', OLD.author_id, 'text', OLD.text, 'at', OLD.at, 'edited_at', OLD.edited_at), NULL, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) FROM holds WHERE ((kind = 'person' AND subject_id = OLD.author_id) OR (kind = 'person' AND subject_id = (SELECT author_id FROM feed_posts WHERE id = OLD.post_id))); END;
CREATE TRIGGER keeps_feed_comments_changed BEFORE UPDATE OF text ON feed_comments FOR EACH ROW WHEN ((OLD.text IS NOT NEW.text)) BEGIN INSERT INTO kept_records (hold_kind, subject_id, what, record, data, at) SELECT holds.kind, holds.subject_id, 'comment', json_object('id', OLD.id, 'post_id', OLD.post_id, 'author_id', OLD.author_id, 'text', OLD.text, 'at', OLD.at, 'edited_at', OLD.edited_at), NULL, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) FROM holds WHERE ((kind = 'person' AND subject_id = OLD.author_id) OR (kind = 'person' AND subject_id = (SELECT author_id FROM feed_posts WHERE id = OLD.post_id))); END;
CREATE TRIGGER keeps_feed_likes_ended BEFORE DELETE ON feed_likes FOR EACH ROW BEGIN INSERT INTO kept_records (hold_kind, subject_id, what, record, data, at) SELECT holds.kind, holds.subject_id, 'like', json_object('post_id', OLD.post_id, 'user_id', OLD.user_id, 'at', OLD.at), NULL, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) FROM holds WHERE ((kind = 'person' AND subject_id = OLD.user_id) OR (kind = 'person' AND subject_id = (SELECT author_id FROM feed_posts WHERE id = OLD.post_id))); END;
CREATE TRIGGER keeps_held_posts_ended BEFORE DELETE ON held_posts FOR EACH ROW WHEN ((OLD.text <> '')) BEGIN INSERT INTO kept_records (hold_kind, subject_id, what, record, data, at) SELECT holds.kind, holds.subject_id, 'held_post', json_object('id', OLD.id, 'room_id', OLD.room_id, 'author_id', OLD.author_id, 'text', OLD.text, 'reply_to', OLD.reply_to, 'files', OLD.files, 'why', OLD.why, 'at', OLD.at, 'answer', OLD.answer), NULL, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) FROM holds WHERE ((kind = 'person' AND subject_id = OLD.author_id) OR (kind = 'room' AND subject_id = OLD.room_id)); END;
CREATE TRIGGER keeps_held_posts_changed BEFORE UPDATE OF text ON held_posts FOR EACH ROW WHEN ((OLD.text IS NOT NEW.text) AND (OLD.text <> '')) BEGIN INSERT INTO kept_records (hold_kind, subject_id, what, record, data, at) SELECT holds.kind, holds.subject_id, 'held_post', json_object('id', OLD.id, 'room_id', OLD.room_id, 'author_id', OLD.author_id, 'text', OLD.text, 'reply_to', OLD.reply_to, 'files', OLD.files, 'why', OLD.why, 'at', OLD.at, 'answer', OLD.answer), NULL, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) FROM holds WHERE ((kind = 'person' AND subject_id = OLD.author_id) OR (kind = 'room' AND subject_id = OLD.room_id)); END;
CREATE TRIGGER keeps_report_reasons_ended BEFORE DELETE ON report_reasons FOR EACH ROW BEGIN INSERT INTO kept_records (hold_kind, subject_id, what, record, data, at) SELECT holds.kind, holds.subject_id, 'report', json_object('report_id', OLD.report_id, 'room_id', OLD.room_id, 'number', OLD.number, 'user_id', OLD.user_id, 'reason', OLD.reason, 'at', OLD.at), NULL, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) FROM holds WHERE ((kind = 'person' AND subject_id = OLD.user_id) OR (kind = 'room' AND subject_id = OLD.room_id)); END;
CREATE TRIGGER keeps_report_reasons_changed BEFORE UPDATE OF reason ON report_reasons FOR EACH ROW WHEN ((OLD.reason IS NOT NEW.reason)) BEGIN INSERT INTO kept_records (hold_kind, subject_id, what, record, data, at) SELECT holds.kind, holds.subject_id, 'report', json_object('report_id', OLD.report_id, 'room_id', OLD.room_id, 'number', OLD.number, 'user_id', OLD.user_id, 'reason', OLD.reason, 'at', OLD.at), NULL, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) FROM holds WHERE ((kind = 'person' AND subject_id = OLD.user_id) OR (kind = 'room' AND subject_id = OLD.room_id)); END;
CREATE INDEX acts_by_kind ON acts (act, at, room_id, number);
CREATE INDEX site_acts_by_kind ON site_acts (act, at, number);
CREATE INDEX rooms_archived ON rooms (id) WHERE archived_at IS NOT NULL;
CREATE INDEX pictures_to_move ON pictures (user_id, size) WHERE blob_id IS NULL;
CREATE INDEX room_pictures_to_move ON room_pictures (room_id, version, size) WHERE blob_id IS NULL;
CREATE INDEX feed_picture_files_to_move ON feed_picture_files (picture_id, size) WHERE blob_id IS NULL;
CREATE INDEX preview_pictures_to_move ON preview_pictures (id) WHERE blob_id IS NULL;
CREATE TRIGGER pictures_blobs_insert AFTER INSERT ON pictures FOR EACH ROW BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id; END;
CREATE TRIGGER room_pictures_blobs_insert AFTER INSERT ON room_pictures FOR EACH ROW BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id; END;
CREATE TRIGGER feed_picture_files_blobs_insert AFTER INSERT ON feed_picture_files FOR EACH ROW BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id; END;
CREATE TRIGGER preview_pictures_blobs_insert AFTER INSERT ON preview_pictures FOR EACH ROW BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id; END;
CREATE TRIGGER linked_pages_blobs_insert AFTER INSERT ON linked_pages FOR EACH ROW BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id; END;
CREATE TRIGGER pictures_blobs_update AFTER UPDATE OF blob_id ON pictures FOR EACH ROW BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id; UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id; END;
CREATE TRIGGER room_pictures_blobs_update AFTER UPDATE OF blob_id ON room_pictures FOR EACH ROW BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id; UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id; END;
CREATE TRIGGER feed_picture_files_blobs_update AFTER UPDATE OF blob_id ON feed_picture_files FOR EACH ROW BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id; UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id; END;
CREATE TRIGGER preview_pictures_blobs_update AFTER UPDATE OF blob_id ON preview_pictures FOR EACH ROW BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id; UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id; END;
CREATE TRIGGER linked_pages_blobs_update AFTER UPDATE OF blob_id ON linked_pages FOR EACH ROW BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id; UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id; END;
CREATE TRIGGER pictures_blobs_delete AFTER DELETE ON pictures FOR EACH ROW BEGIN UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id; END;
CREATE TRIGGER room_pictures_blobs_delete AFTER DELETE ON room_pictures FOR EACH ROW BEGIN UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id; END;
CREATE TRIGGER feed_picture_files_blobs_delete AFTER DELETE ON feed_picture_files FOR EACH ROW BEGIN UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id; END;
CREATE TRIGGER preview_pictures_blobs_delete AFTER DELETE ON preview_pictures FOR EACH ROW BEGIN UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id; END;
CREATE TRIGGER linked_pages_blobs_delete AFTER DELETE ON linked_pages FOR EACH ROW BEGIN UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id; END;
CREATE INDEX site_logo_to_move ON site_logo (size) WHERE blob_id IS NULL;
CREATE TRIGGER site_logo_blobs_insert AFTER INSERT ON site_logo FOR EACH ROW BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id; END;
CREATE TRIGGER site_logo_blobs_update AFTER UPDATE OF blob_id ON site_logo FOR EACH ROW BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id; UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id; END;
CREATE TRIGGER site_logo_blobs_delete AFTER DELETE ON site_logo FOR EACH ROW BEGIN UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id; END;
CREATE INDEX pictures_of_blobs ON pictures (blob_id) WHERE blob_id IS NOT NULL;
CREATE INDEX room_pictures_of_blobs ON room_pictures (blob_id) WHERE blob_id IS NOT NULL;
CREATE INDEX feed_picture_files_of_blobs ON feed_picture_files (blob_id) WHERE blob_id IS NOT NULL;
CREATE INDEX preview_pictures_of_blobs ON preview_pictures (blob_id) WHERE blob_id IS NOT NULL;
CREATE INDEX linked_pages_of_blobs ON linked_pages (blob_id) WHERE blob_id IS NOT NULL;
CREATE INDEX site_logo_of_blobs ON site_logo (blob_id) WHERE blob_id IS NOT NULL;
CREATE UNIQUE INDEX notices_once ON notices (subject, user_id);
CREATE INDEX notices_of_person ON notices (user_id, id);
CREATE INDEX notices_unread ON notices (user_id, room_id, number) WHERE read_at IS NULL;
CREATE INDEX notices_of_room ON notices (room_id, seq) WHERE room_id IS NOT NULL;
CREATE INDEX notices_by ON notices (by_id, id);
CREATE INDEX notices_by_age ON notices (at);
CREATE INDEX notice_deliveries_due ON notice_deliveries (way, due_at, id) WHERE state = 'waiting';
CREATE INDEX notice_deliveries_of_notice ON notice_deliveries (notice_id);
CREATE INDEX notice_deliveries_of_person ON notice_deliveries (user_id, id);
CREATE INDEX notice_keywords_begin ON notice_keywords (begins, user_id);
CREATE INDEX members_hearing_all ON members (room_id, user_id) WHERE notify = 'all';
CREATE INDEX messages_answers ON messages ((room_id + 0), reply_to, number) WHERE reply_to IS NOT NULL;
CREATE TRIGGER notices_removed AFTER DELETE ON notices FOR EACH ROW BEGIN DELETE FROM notice_deliveries WHERE notice_id = OLD.id; END;
CREATE TRIGGER notices_room_removed AFTER DELETE ON rooms FOR EACH ROW BEGIN DELETE FROM notice_progress WHERE room_id = OLD.id; END;
CREATE INDEX notice_jobs_of_room ON notice_jobs (room_id, id) WHERE room_id IS NOT NULL;
CREATE INDEX notices_of_posts ON notices (post_id, id) WHERE post_id IS NOT NULL;
CREATE TRIGGER notices_followed AFTER INSERT ON follows FOR EACH ROW BEGIN INSERT INTO notice_jobs (kind, user_id, by_id, at) VALUES ('follow', NEW.followed_id, NEW.follower_id, NEW.at); END;
CREATE TRIGGER notices_unfollowed AFTER DELETE ON follows FOR EACH ROW BEGIN DELETE FROM notices WHERE subject = 'follow:' || OLD.follower_id AND user_id = OLD.followed_id; END;
CREATE TRIGGER notices_asked AFTER INSERT ON follow_requests FOR EACH ROW BEGIN INSERT INTO notice_jobs (kind, user_id, by_id, at) VALUES ('request', NEW.followed_id, NEW.follower_id, NEW.at); END;
CREATE TRIGGER notices_unasked AFTER DELETE ON follow_requests FOR EACH ROW BEGIN DELETE FROM notices WHERE subject = 'request:' || OLD.follower_id AND user_id = OLD.followed_id; END;
CREATE TRIGGER notices_liked AFTER INSERT ON feed_likes FOR EACH ROW BEGIN INSERT INTO notice_jobs (kind, user_id, by_id, at, post_id) VALUES ('like', 0, NEW.user_id, NEW.at, NEW.post_id); END;
CREATE TRIGGER notices_unliked AFTER DELETE ON feed_likes FOR EACH ROW BEGIN DELETE FROM notices WHERE subject = 'like:' || OLD.post_id || ':' || OLD.user_id; END;
CREATE TRIGGER notices_commented AFTER INSERT ON feed_comments FOR EACH ROW BEGIN INSERT INTO notice_jobs (kind, user_id, by_id, at, post_id, comment_id) VALUES ('comment', 0, NEW.author_id, NEW.at, NEW.post_id, NEW.id); END;
CREATE TRIGGER notices_uncommented AFTER DELETE ON feed_comments FOR EACH ROW BEGIN DELETE FROM notices WHERE subject = 'comment:' || OLD.id; END;
CREATE TRIGGER notices_post_deleted AFTER UPDATE OF deleted_at ON feed_posts FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL AND OLD.deleted_at IS NULL) BEGIN INSERT INTO notice_jobs (kind, user_id, by_id, at, post_id) VALUES ('gone', 0, NEW.author_id, NEW.deleted_at, NEW.id); END;
CREATE TRIGGER notices_invited AFTER INSERT ON invitations FOR EACH ROW WHEN (NEW.inviter_id IS NOT NULL) BEGIN INSERT INTO notice_jobs (kind, user_id, by_id, at, room_id) VALUES ('invitation', NEW.user_id, NEW.inviter_id, NEW.at, NEW.room_id); END;
CREATE TRIGGER notices_uninvited AFTER DELETE ON invitations FOR EACH ROW BEGIN DELETE FROM notices WHERE subject = 'invitation:' || OLD.room_id AND user_id = OLD.user_id; END;
CREATE TRIGGER notices_answered AFTER UPDATE OF outcome ON report_reasons FOR EACH ROW WHEN (NEW.outcome IS NOT NULL AND OLD.outcome IS NULL) BEGIN INSERT INTO notice_jobs (kind, user_id, by_id, at, room_id, number) VALUES ('outcome', NEW.user_id, NEW.report_id, NEW.at, NEW.room_id, NEW.number); END;
CREATE TRIGGER notices_answer_seen AFTER UPDATE OF outcome ON report_reasons FOR EACH ROW WHEN (NEW.outcome IS NULL AND OLD.outcome IS NOT NULL) BEGIN UPDATE notices SET read_at = at WHERE subject = 'outcome:' || OLD.report_id AND user_id = OLD.user_id AND read_at IS NULL; END;
CREATE INDEX push_devices_of_person ON push_devices (user_id, id);
CREATE INDEX push_devices_of_session ON push_devices (session_id);
CREATE INDEX push_closings_due ON push_closings (due_at);
CREATE TRIGGER keeps_pictures_ended BEFORE DELETE ON pictures FOR EACH ROW WHEN (OLD.size = 256) BEGIN INSERT INTO kept_records (hold_kind, subject_id, what, record, data, blob_id, at) SELECT holds.kind, holds.subject_id, 'picture', json_object('user_id', OLD.user_id, 'version', OLD.version, 'size', OLD.size), OLD.data, OLD.blob_id, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) FROM holds WHERE (kind = 'person' AND subject_id = OLD.user_id); END;
CREATE TRIGGER keeps_room_pictures_ended BEFORE DELETE ON room_pictures FOR EACH ROW WHEN (OLD.size = 256) BEGIN INSERT INTO kept_records (hold_kind, subject_id, what, record, data, blob_id, at) SELECT holds.kind, holds.subject_id, 'room_picture', json_object('room_id', OLD.room_id, 'version', OLD.version, 'size', OLD.size), OLD.data, OLD.blob_id, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) FROM holds WHERE (kind = 'room' AND subject_id = OLD.room_id); END;
CREATE TRIGGER keeps_feed_pictures_ended BEFORE DELETE ON feed_pictures FOR EACH ROW BEGIN INSERT INTO kept_records (hold_kind, subject_id, what, record, data, blob_id, at) SELECT holds.kind, holds.subject_id, 'post_picture', json_object('id', OLD.id, 'post_id', OLD.post_id, 'place', OLD.place, 'alt', OLD.alt), (SELECT data FROM feed_picture_files WHERE picture_id = OLD.id ORDER BY size DESC LIMIT 1), (SELECT blob_id FROM feed_picture_files WHERE picture_id = OLD.id ORDER BY size DESC LIMIT 1), CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) FROM holds WHERE (kind = 'person' AND subject_id = (SELECT author_id FROM feed_posts WHERE id = OLD.post_id)); END;
CREATE TRIGGER kept_records_blobs_insert AFTER INSERT ON kept_records FOR EACH ROW BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id; END;
CREATE TRIGGER kept_records_blobs_delete AFTER DELETE ON kept_records FOR EACH ROW BEGIN UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id; END;
CREATE INDEX import_origins_of_rooms ON import_origins (room_id) WHERE room_id IS NOT NULL;
PRAGMA writable_schema=OFF;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('kept_records',0);
INSERT INTO "sqlite_sequence" VALUES('users',2);
INSERT INTO "sqlite_sequence" VALUES('rooms',1);
INSERT INTO "sqlite_sequence" VALUES('preview_jobs',0);
INSERT INTO "sqlite_sequence" VALUES('blobs',1);
INSERT INTO "sqlite_sequence" VALUES('notice_jobs',0);
COMMIT;
