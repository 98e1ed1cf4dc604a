/** The most common passwords of published leaks that have 6 characters or more, lower-cased. */
export const commonPasswords: ReadonlySet<string> = new Set(
  `
  123456 1234567 12345678 123456789 1234567890 12345678910 0123456789 0987654321 987654321 87654321 7654321 654321
  123123 123123123 123321 123654 123654789 123789 147258 147258369 159357 159753 258456 321321 741852963 789456
  789456123 456789 456123 112233 11223344 1122334455 102030 10203040 121212 131313 101010 202020 212121 232323 252525
  696969 420420 246810 135790 1357924680 111222 111222333 123321123 12341234 1234512345 12344321 11112222 110110 007007
  password password1 password12 password123 password1234 password! password1! password01 password2 password3 password123!
  passw0rd passw0rd1 p@ssw0rd p@ssword p@ssw0rd1 p@$$w0rd pa55word pa$$word pass123 pass1234 pass12345 passpass
  passwort passwort1 passwort123 motdepasse contrasena contraseña wachtwoord parola senha123 lozinka haslo123 salasana
  qwerty qwerty1 qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyuiop qwertyui qwertyu qwerty! qwert1 qwert123 qwerty7
  qweqwe qweasd qweasdzxc qweewq qwaszx qazwsx qazwsxedc qazxsw 1qaz2wsx 1qaz2wsx3edc 1q2w3e 1q2w3e4r 1q2w3e4r5t
  1q2w3e4r5t6y q1w2e3 q1w2e3r4 q1w2e3r4t5 zaq12wsx zaq1zaq1 !qaz2wsx 1qazxsw2 12qwaszx 123qwe 123qweasd 123qwe123
  qwe123 qwe123456 asd123 zxc123 asdfgh asdfghj asdfghjk asdfghjkl asdfasdf asdasd asdasdasd asdf1234 asdzxc zxcvbn
  zxcvbnm zxczxc zxcvbnm1 zxcasdqwe azerty azertyuiop azerty123 qwertz qwertz123 qwertzuiop wasdwasd poiuytrewq
  mnbvcxz lkjhgfdsa abcdef abcdefg abcdefgh abcabc abc123 abcd123 abcd1234 abc12345 abc123456 abcde12345 a1b2c3
  a1b2c3d4 aa123456 aaa111 a12345 a123456 a1234567 a12345678 a123456789 aaaaaa1 q123456 1a2b3c 1a2b3c4d 123abc
  123456a 123456q 1234qwer 12345q 12345a 12345qwert 1234abcd 123abc123 12345678a 123456789a
  letmein letmein1 letmein123 welcome welcome1 welcome12 welcome123 welcome! login123 hello1 hello123 hellohello
  admin1 admin12 admin123 admin1234 admin12345 administrator adminadmin admin123! admin@123 root123 rootroot toor123
  user123 useruser guest1 guest123 guestguest test12 test123 test1234 test12345 testtest testing testing1 testing123
  tester temp123 temp1234 temppass changeme changeme1 changeme123 change123 default default1 default123 secret secret1
  secret123 master master1 master123 mastermind access access14 access123 server server123 system123 manager manager1
  oracle mysql123 postgres database computer computer1 internet internet1 samsung samsung1 google google1 google123
  facebook facebook1 twitter youtube linkedin microsoft windows windows1 ubuntu android iphone nokia123 cisco123
  iloveyou iloveyou1 iloveyou2 iloveyou! iloveu iloveme loveme loveyou lovelove lovely loveyou1 love123 love1234
  princess princess1 princesa sunshine sunshine1 monkey monkey1 monkey12 monkey123 dragon dragon1 dragon12 dragon123
  football football1 footbal baseball baseball1 basketball soccer soccer1 soccer12 hockey hockey1 tennis golfer golfing
  superman superman1 batman batman1 batman123 spiderman spider ironman pokemon pokemon1 pikachu naruto naruto1 starwars
  starwars1 matrix zombie ninja1 ninja123 wizard warrior warcraft minecraft minecraft1 roblox roblox123 fortnite
  shadow shadow1 shadow12 shadow123 killer killer1 killer123 hunter hunter1 hunter2 hunter12 ranger ranger1 harley
  harley1 mustang mustang1 corvette ferrari ferrari1 porsche mercedes toyota honda1 yamaha suzuki camaro cowboy
  cowboys cowboys1 yankees yankees1 lakers lakers1 steelers eagles eagles1 packers dodgers redsox rangers chelsea
  chelsea1 arsenal arsenal1 liverpool liverpool1 barcelona barcelona1 manchester juventus realmadrid
  michael michael1 jordan jordan1 jordan23 michelle jennifer jessica jessica1 ashley ashley1 amanda amanda1 andrea
  andrew andrew1 anthony anthony1 daniel daniel1 daniela david1 david123 robert robert1 thomas thomas1 charlie
  charlie1 george george1 joshua joshua1 matthew matthew1 justin justin1 jasmine jasmine1 nicole nicole1 hannah
  hannah1 maggie ginger pepper pepper1 summer summer1 winter winter1 autumn spring buster buster1 bailey bailey1
  tigger tigger1 cookie cookie1 cheese cheese1 chicken chicken1 banana banana1 orange orange1 apple1 apple123
  flower flower1 butterfly purple purple1 yellow yellow1 silver silver1 golden diamond diamond1 crystal crystal1
  angel1 angel123 angels babygirl babygirl1 babyboy baby123 sweety sweetie sweetheart honey1 honey123 forever forever1
  freedom freedom1 whatever whatever1 trustno1 nothing nothing1 blink182 slipknot metallica nirvana eminem
  eminem1 rockstar rockyou rockon guitar guitar1 music1 music123 phoenix phoenix1 thunder thunder1 lightning
  scorpion dolphin dolphins tiger1 tiger123 tigers lucky1 lucky7 lucky123 cherry cherry1 peanut peanut1 chocolate
  chocolate1 snoopy scooby scooter merlin mercury jupiter saturn galaxy galaxy1 family family1 friend friends friends1
  school school1 student student1 teacher doctor london london1 berlin paris1 newyork newyork1 america america1
  canada mexico brazil brasil brasil1 england germany france italia italia1 russia turkey123 india123 pakistan
  jesus1 jesus123 jesuschrist christ christian god123 blessed blessed1 heaven church bible1 islam123 allah123
  biteme fuckyou fuckyou1 fuckyou2 fuckme fuckoff asshole asshole1 bitch1 bitches pussy1 sexsex sexy123 sexyboy
  sexygirl hottie hotmail hotmail1 playboy playboy1 player player1 gangsta thuglife chester hardcore
  bonjour bonjour1 soleil doudou loulou marseille coucou chouchou nicolas camille hallo1 hallo123 schatz sommer
  qwerty2020 summer2020 summer2021 summer2022 summer2023 summer2024 winter2020 winter2021 winter2022 winter2023
  winter2024 spring2023 spring2024 autumn2023 autumn2024 welcome2020 welcome2023 welcome2024 password2020 password2023
  password2024 monday monday1 friday friday1 january october november december
  parley parley1 parley12 parley123 parleychat vscode vscode1 vscode123 chatchat
  `
    .split(/\s+/)
    .filter(word => word !== ''),
)
