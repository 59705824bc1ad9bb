const words = (...lines: string[]): readonly string[] => lines.flatMap((line) => line.split(', '));

/** First names from many countries, for simulated users. */
export const firstNames = words(
  'Aaliyah, Adaeze, Ahmed, Aiko, Ailsa, Alejandro, Alice, Amara, Amina, Anders, Anika, Anna',
  'Antonio, Arjun, Astrid, Aylin, Beatriz, Benjamin, Bilal, Birgit, Björn, Bogdan, Bronwen',
  'Camille, Carlos, Carmen, Chiara, Chidi, Chloé, Connor, Daniela, Davide, Deepa, Dmitri, Duc',
  'Edward, Eilidh, Elena, Elif, Emeka, Emma, Enrique, Esi, Esther, Farah, Fatima, Felix, Fiona',
  'Florian, Gabriela, Georgios, Giulia, Grace, Hana, Hannah, Haruto, Hassan, Helga, Henrik',
  'Hiroshi, Hugo, Ibrahim, Imani, Ingrid, Ioana, Isabel, Ivan, Jakub, Jamila, Jasmine, Javier',
  'Jin, João, Jonas, José, Julia, Kasper, Katarzyna, Kenji, Khadija, Kofi, Lars, Layla, Leila',
  'Lena, Liam, Linh, Lucía, Luca, Ludmila, Magnus, Malik, Manon, Marek, María, Marta, Mateo',
  'Maya, Mehmet, Mei, Mikael, Milena, Mohamed, Nadia, Naomi, Neha, Niamh, Nikolai, Noor, Olga',
  'Oliver, Omar, Oscar, Owen, Paloma, Paolo, Patrick, Pedro, Petra, Pooja, Priya, Rachel',
  'Rafael, Rania, Ravi, Rosa, Rubén, Sade, Samir, Sandra, Santiago, Seán, Sergei, Siobhán',
  'Sofia, Søren, Stefan, Sunita, Svetlana, Tadeusz, Tamara, Tariq, Thandi, Thomas, Tomasz',
  'Uchenna, Valentina, Vera, Viktor, Wei, Willem, Yara, Yasmin, Yuki, Yusuf, Zainab, Zanele',
  'Zoltán, Zuzana',
);

/** Last names from many countries, for simulated users. */
export const lastNames = words(
  'Abdullah, Achebe, Adeyemi, Agarwal, Almeida, Álvarez, Andersen, Antonescu, Appiah, Arslan',
  'Bakker, Balogun, Banerjee, Barros, Bauer, Bennett, Berg, Bernard, Bianchi, Boateng',
  'Bondarenko, Borg, Campbell, Carvalho, Castillo, Çelik, Chen, Choi, Cohen, Cooper, Costa',
  'Dąbrowski, Das, Delgado, Demir, Diallo, Dimitrov, Dlamini, Dubois, Duarte, Edwards, Ek',
  'El-Sayed, Eriksson, Espinoza, Evans, Farouk, Fernández, Ferrari, Fischer, Flores, Fournier',
  'Fraser, García, Georgiou, Girard, Gómez, González, Greco, Gupta, Haddad, Hansen, Hashimoto',
  'Hassan, Hernández, Hoffmann, Horváth, Hughes, Hussain, Ibrahim, Ilić, Ito, Ivanova, Jansen',
  'Jansson, Johansson, Jones, Jovanović, Kamara, Kang, Kaplan, Kaur, Keita, Khan, Kim',
  'Kobayashi, Kovács, Kowalski, Kumar, Larsen, Laurent, Lee, Lehmann, Leroy, Lewis, Lindqvist',
  'Lopes, López, Łuczak, MacDonald, Maldonado, Mancini, Marín, Marković, Martin, Mbeki, Mendoza',
  'Meyer, Mishra, Molina, Moreau, Morgan, Moyo, Müller, Murphy, Mwangi, Nakamura, Nair, Ndlovu',
  "Németh, Nguyen, Nielsen, Novák, O'Brien, O'Connor, Okafor, Okoye, Oliveira, Olsen, Osei",
  'Özdemir, Papadopoulos, Park, Patel, Pavlov, Pereira, Petersen, Petrova, Pham, Popescu',
  'Quispe, Rahman, Ramírez, Rao, Ribeiro, Ricci, Rivera, Robinson, Rossi, Ruiz, Saidi, Salazar',
  'Santos, Sato, Schneider, Schwarz, Sharma, Silva, Singh, Smit, Sokolov, Sousa, Suzuki',
  'Svensson, Szabó, Takahashi, Tan, Tanaka, Taylor, Thompson, Torres, Tran, Traoré, Usman',
  'van Dijk, Vargas, Vasquez, Vogel, Wagner, Walker, Wang, Watanabe, Weber, Williams, Wójcik',
  'Wong, Yamamoto, Yildirim, Zhang, Zhou, Zieliński, Zulu',
);
